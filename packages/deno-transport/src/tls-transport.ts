import type { TLSSocket } from "node:tls";
import type { PeerCertificate, Transport } from "@framewright/websocket/transport";
import { type DuplexStream, DuplexTransport } from "@framewright/websocket/transport/extras";

/** The TCP connection below a TLS socket, as Deno's `node:tls` keeps it. */
interface TcpHandle {
  readStart(): void;
  readStop(): void;
}

/**
 * A paused `tls.TLSSocket` goes on reading from TCP in Deno and keeps all bytes in native memory, so
 * a peer could fill that. Deno has no public function to stop it. Returns undefined once the socket
 * is closed.
 */
function tcpHandleOf(socket: TLSSocket): TcpHandle | undefined {
  return (socket as unknown as { _handle?: { _parent?: TcpHandle } | null })._handle?._parent;
}

/**
 * Creates a transport over a `tls.TLSSocket` that was created with `allowHalfOpen`.
 *
 * It uses `node:tls` because connections of `Deno.listenTls` and `Deno.startTls` cannot be closed
 * before their TLS handshake is done, however long the peer takes, and because Nagle's algorithm
 * cannot be turned off on them.
 */
export function tlsTransport(socket: TLSSocket, peerCertificate?: PeerCertificate): Transport {
  return new DuplexTransport(socket as unknown as DuplexStream, {
    remoteAddress: socket.remoteAddress,
    peerCertificate,
    ownsBytes: true,
    onPause(paused) {
      const handle = tcpHandleOf(socket);
      if (paused) handle?.readStop();
      else handle?.readStart();
    },
  });
}
