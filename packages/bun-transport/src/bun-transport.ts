import type { Transport, TransportListener } from "@framewright/websocket/transport";
import type { Socket, SocketHandler } from "bun";

/** A `Bun.Socket` as a transport. Needs `allowHalfOpen` and `socketHandlers`. */
export class BunTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  /** Bun copies what it takes. */
  readonly pending = 0;
  private readonly socket: Socket<BunTransport | undefined>;
  private readonly encrypted: boolean;
  private paused = false;
  private inputEnded = false;
  private outputEnded = false;
  private closed = false;

  constructor(socket: Socket<BunTransport | undefined>, encrypted: boolean) {
    this.socket = socket;
    this.encrypted = encrypted;
    this.remoteAddress = socket.remoteAddress;
    socket.data = this;
  }

  write(bytes: Uint8Array): number {
    // Negative once the socket is closed.
    return Math.max(this.socket.write(bytes), 0);
  }

  pause(): void {
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    // A system call even where nothing was paused.
    if (this.paused) this.socket.resume();
    this.paused = false;
  }

  shutdown(): void {
    this.outputEnded = true;
    if (!this.inputEnded || this.encrypted) return void this.socket.shutdown();
    // With nothing left to read or to write, closing says the same in fewer system calls.
    this.closed = true;
    this.socket.close();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    // A reset would take back what the operating system has not sent yet.
    if (this.outputEnded && !this.encrypted) this.socket.close();
    else this.socket.terminate();
  }

  /** For `socketHandlers`: the peer has ended its direction. */
  endInput(): void {
    if (this.inputEnded || this.closed) return;
    this.inputEnded = true;
    this.listener.ended();
  }

  /** For `socketHandlers`: the socket is gone. */
  close(error: Error | undefined): void {
    if (this.closed) return;
    // After our own shutdown Bun reports the peer's end as nothing but this.
    if (error === undefined) this.endInput();
    this.closed = true;
    // A peer that ended its direction and then reset the connection comes without an error, too.
    if (error === undefined && this.outputEnded) return;
    this.listener.failed(error ?? new Error("the connection was reset"));
  }
}

/** Hands what happens to a socket to the transport that it carries as its data. */
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
    // `close` follows and says the same.
  },
} satisfies SocketHandler<BunTransport | undefined>;
