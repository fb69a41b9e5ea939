import * as crypto from "node:crypto";
import * as tls from "node:tls";
import type {
  Listener,
  ListenOptions,
  TlsSettings,
  Transport,
} from "@framewright/websocket/transport";
import { listenTls } from "@framewright/websocket/transport/extras";
import { tlsTransport } from "./tls-transport.ts";

/** Listens with `node:tls`, which has certificates by server name and can replace them. */
export function listenWithServerNames(
  options: ListenOptions & { readonly tls: TlsSettings },
  accept: (transport: Transport) => void,
): Promise<Listener> {
  return listenTls<tls.TLSSocket>(
    { tls, crypto },
    options,
    (socket, certificate) => tlsTransport(socket, certificate),
    accept,
  );
}
