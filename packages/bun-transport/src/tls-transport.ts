import type { TLSSocket } from "node:tls";
import type { PeerCertificate, Transport } from "@framewright/websocket/transport";
import { type DuplexStream, DuplexTransport } from "@framewright/websocket/transport/extras";

/** Creates a transport over a `tls.TLSSocket` that was created with `allowHalfOpen`. */
export function tlsTransport(
  socket: TLSSocket,
  peerCertificate: PeerCertificate | undefined,
): Transport {
  return new DuplexTransport(socket as unknown as DuplexStream, {
    remoteAddress: socket.remoteAddress,
    peerCertificate,
    ownsBytes: true,
  });
}
