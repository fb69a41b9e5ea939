import type { TLSSocket } from "node:tls";
import type {
  PeerCertificate,
  Transport,
  TransportListener,
} from "@framewright/websocket/transport";

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
 * A transport over a `tls.TLSSocket` that was created with `allowHalfOpen`.
 *
 * It uses `node:tls` because connections of `Deno.listenTls` and `Deno.startTls` cannot be closed
 * before their TLS handshake is done, however long the peer takes, and because Nagle's algorithm
 * cannot be turned off on them.
 */
export class TlsTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  readonly peerCertificate: PeerCertificate | undefined;
  private readonly socket: TLSSocket;
  private inputEnded = false;
  private destroyed = false;
  private readonly written = (error?: Error | null): void => {
    if (!error && !this.destroyed) this.listener.drained();
  };

  constructor(socket: TLSSocket, peerCertificate?: PeerCertificate) {
    this.socket = socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.peerCertificate = peerCertificate;
    socket.on("data", (bytes) => this.listener.receive(bytes));
    socket.on("end", () => {
      this.inputEnded = true;
      this.listener.ended();
    });
    socket.on("error", (error) => this.gone(error));
    socket.on("close", () => this.gone(undefined));
  }

  get pending(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array): number {
    const { socket } = this;
    // One write at a time. Further bytes stay in the session's queue, where they are counted.
    if (socket.writableLength > 0 || !socket.writable) return 0;
    socket.write(bytes, this.written);
    return bytes.length;
  }

  pause(): void {
    this.socket.pause();
    tcpHandleOf(this.socket)?.readStop();
  }

  resume(): void {
    if (!this.socket.isPaused()) return;
    tcpHandleOf(this.socket)?.readStart();
    this.socket.resume();
  }

  shutdown(): void {
    this.socket.end();
  }

  destroy(): void {
    this.destroyed = true;
    this.socket.destroy();
  }

  /**
   * Called when the socket is closed. Without an error, this is no failure if both directions have
   * ended.
   */
  private gone(error: Error | undefined): void {
    if (this.destroyed || (error === undefined && this.inputEnded)) return;
    this.destroyed = true;
    this.listener.failed(error ?? new Error("the connection was closed"));
  }
}
