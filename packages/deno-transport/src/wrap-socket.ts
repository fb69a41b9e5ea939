import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Transport, UpgradeSocket } from "@framewright/websocket/transport";
import {
  type DuplexStream,
  DuplexTransport,
  verifiedCertificate,
} from "@framewright/websocket/transport/extras";
import { tlsTransport } from "./tls-transport.ts";

/** Creates the transport of a socket that an HTTP server has upgraded, or of any other duplex. */
export function wrapSocket(socket: UpgradeSocket): Transport {
  const { encrypted } = socket;
  const stream = socket as unknown as DuplexStream;
  if (!(socket instanceof Socket)) return new DuplexTransport(stream);
  if (encrypted !== true) {
    const { remoteAddress } = socket;
    return new DuplexTransport(stream, { remoteAddress, ownsBytes: true });
  }
  const tlsSocket = socket as unknown as TLSSocket;
  const certificate = verifiedCertificate(tlsSocket, false);
  return tlsTransport(tlsSocket, certificate === false ? undefined : certificate);
}
