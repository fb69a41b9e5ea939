import * as crypto from "node:crypto";
import * as tls from "node:tls";
import type {
  Listener,
  ListenOptions,
  TlsSettings,
  Transport,
} from "@framewright/websocket/transport";
import { listenTls } from "@framewright/websocket/transport/extras";
import { NodeTransport } from "./node-transport.ts";

/** Listens with `node:tls`. */
export function listenSecure(
  options: ListenOptions & { readonly tls: TlsSettings },
  accept: (transport: Transport) => void,
): Promise<Listener> {
  return listenTls<tls.TLSSocket>(
    { tls, crypto },
    options,
    (socket, certificate) => new NodeTransport(socket, true, certificate),
    accept,
  );
}
