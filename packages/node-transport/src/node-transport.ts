import type { Socket } from "node:net";
import type { Transport, TransportListener } from "@framewright/websocket/transport";

const nothing = new Uint8Array(0);

/** A `net.Socket` or `tls.TLSSocket` as a transport. Needs `allowHalfOpen`. */
export class NodeTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  private readonly socket: Socket;
  /** TLS never has written bytes out at once, so its writes always ask to be told. */
  private readonly encrypted: boolean;
  private inputEnded = false;
  private destroyed = false;

  constructor(socket: Socket, encrypted: boolean) {
    this.socket = socket;
    this.encrypted = encrypted;
    this.remoteAddress = socket.remoteAddress ?? "";
    socket.on("data", (bytes) => this.listener.receive(bytes));
    socket.on("end", () => {
      this.inputEnded = true;
      this.listener.ended();
    });
    socket.on("error", (error) => this.gone(error));
    socket.on("close", () => {
      if (!this.inputEnded) this.gone(new Error("the connection was closed"));
    });
  }

  get pending(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array): number {
    const { socket } = this;
    // One write at a time: what the stream would queue is better kept where it can be measured.
    if (socket.writableLength > 0 || !socket.writable) return 0;
    if (this.encrypted) {
      socket.write(bytes, this.written);
    } else {
      socket.write(bytes);
      // Only where the kernel did not take all at once: the callback of an empty write comes after the rest.
      if (socket.writableLength > 0) socket.write(nothing, this.written);
    }
    return bytes.length;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  shutdown(): void {
    this.socket.end();
  }

  destroy(): void {
    this.destroyed = true;
    this.socket.destroy();
  }

  private readonly written = (error?: Error | null): void => {
    if (!error && !this.destroyed) this.listener.drained();
  };

  private gone(error: Error): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.listener.failed(error);
  }
}
