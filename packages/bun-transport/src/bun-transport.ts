import type {
  PeerCertificate,
  Transport,
  TransportListener,
} from "@framewright/websocket/transport";
import type { Socket, SocketHandler } from "bun";

/** A transport over a `Bun.Socket` that was created with `allowHalfOpen` and `socketHandlers`. */
export class BunTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  /** Set after the TLS handshake. */
  peerCertificate: PeerCertificate | undefined = undefined;
  /** Bun copies what it has read into an array for each `data` event. */
  readonly handsOverInput = true;
  /** Always 0, because Bun copies the bytes that it accepts. */
  readonly pending = 0;
  private readonly socket: Socket<BunTransport | undefined>;
  private readonly encrypted: boolean;
  private paused = false;
  private inputEnded = false;
  private outputEnded = false;
  /** Whether a write has failed, because the peer has reset the connection. */
  private outputFailed = false;
  private closed = false;

  constructor(socket: Socket<BunTransport | undefined>, encrypted: boolean) {
    this.socket = socket;
    this.encrypted = encrypted;
    // Bun's types do not say that a Unix socket has none.
    this.remoteAddress = (socket.remoteAddress as string | undefined) ?? "";
    socket.data = this;
  }

  write(bytes: Uint8Array): number {
    return this.writePart(bytes, 0, bytes.length);
  }

  writePart(bytes: Uint8Array, start: number, end: number): number {
    const length = this.socket.write(bytes, start, end - start);
    if (length >= 0) return length;
    this.outputFailed = true;
    this.reportReset();
    return 0;
  }

  pause(): void {
    this.paused = true;
    this.socket.pause();
    if (this.outputFailed) this.reportReset();
  }

  resume(): void {
    // Bun makes a system call even if nothing was paused.
    if (this.paused) this.socket.resume();
    this.paused = false;
  }

  shutdown(): void {
    this.outputEnded = true;
    if (!this.inputEnded || this.encrypted) return void this.socket.shutdown();
    // If both directions are done, closing has the same effect with fewer system calls.
    this.closed = true;
    this.socket.close();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    // A reset would discard bytes that the operating system has not sent yet.
    if (this.outputEnded && !this.encrypted) this.socket.close();
    else this.socket.terminate();
  }

  /**
   * Called when a write has failed. What the peer sent before it reset the connection can still be
   * read, and Bun reports the end afterwards. While it does not read, it reports nothing.
   */
  private reportReset(): void {
    queueMicrotask(() => {
      if (this.closed || !(this.paused || this.inputEnded)) return;
      this.destroy();
      this.listener.failed(resetError());
    });
  }

  /** Called by `socketHandlers` when the peer has ended its direction. */
  endInput(): void {
    if (this.inputEnded || this.closed) return;
    this.inputEnded = true;
    this.listener.ended();
  }

  /** Called by `socketHandlers` when the socket is closed. */
  close(error: Error | undefined): void {
    if (this.closed) return;
    // After our own shutdown, Bun reports the peer's end only by closing the socket.
    if (error === undefined) this.endInput();
    this.closed = true;
    // Bun also reports no error if the peer ended its direction and then reset the connection.
    if (error === undefined && this.outputEnded) return;
    this.listener.failed(error ?? resetError());
  }
}

function resetError(): Error {
  return new Error("the connection was reset");
}

/** Pass the events of a socket to its transport, which is stored as the socket's `data`. */
export const socketHandlers = {
  data(socket, bytes) {
    socket.data?.listener.receive(bytes);
  },
  drain(socket) {
    socket.data?.listener.drained();
  },
  end(socket) {
    socket.data?.endInput();
  },
  close(socket, error) {
    socket.data?.close(error);
  },
  error() {
    // `close` follows with the same error.
  },
} satisfies SocketHandler<BunTransport | undefined>;
