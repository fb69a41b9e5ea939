import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Transport, UpgradeSocket } from "@framewright/websocket/transport";
import {
  type DuplexStream,
  DuplexTransport,
  verifiedCertificate,
} from "@framewright/websocket/transport/extras";
import { NodeTransport } from "./node-transport.ts";

/** Creates the transport of a socket that an HTTP server has upgraded, or of any other duplex. */
export function wrapSocket(socket: UpgradeSocket): Transport {
  const { encrypted } = socket;
  if (!(socket instanceof Socket)) return new DuplexTransport(socket as unknown as DuplexStream);
  if (encrypted !== true) {
    const transport = new NodeTransport(socket, false);
    socket.resume();
    return transport;
  }
  const certificate = verifiedCertificate(socket as unknown as TLSSocket, false);
  return new NodeTransport(socket, true, certificate === false ? undefined : certificate);
}
