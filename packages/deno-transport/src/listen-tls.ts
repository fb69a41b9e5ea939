import * as crypto from "node:crypto";
import * as tls from "node:tls";
import type {
  Listener,
  ListenOptions,
  TlsSettings,
  Transport,
} from "@framewright/websocket/transport";
import { listenTls } from "@framewright/websocket/transport/extras";
import { SessionTrust } from "./session-trust.ts";
import { tlsTransport } from "./tls-transport.ts";

/** Listens with `node:tls`. See `tlsTransport` for the reason. */
export function listenSecure(
  options: ListenOptions & { readonly tls: TlsSettings },
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const trust = new SessionTrust(options.tls.ca ?? "");
  return listenTls<tls.TLSSocket>(
    { tls, crypto },
    options,
    (socket, certificate) => tlsTransport(socket, certificate),
    accept,
    (socket, certificate, { ca = "" }) => trust.isTrusted(socket, certificate, ca),
  );
}
