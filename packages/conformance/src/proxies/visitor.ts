import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import WebSocket, { type ClientOptions } from "ws";

/** A client of `ws` that keeps what it receives. */
export class Visitor {
  /** How the connection ended. */
  readonly left: Promise<{ code: number; reason: string }>;
  /** Whether the connection has ended. */
  hasLeft = false;
  /** Number of Pings received. */
  pings = 0;
  private readonly socket: WebSocket;
  private readonly messages: (string | Uint8Array)[] = [];
  private wake = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer, isBinary) => {
      this.messages.push(isBinary ? new Uint8Array(data) : data.toString());
      this.wake();
    });
    socket.on("ping", () => this.pings++);
    socket.on("error", () => {});
    this.left = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        this.hasLeft = true;
        this.wake();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Opens a connection. Rejects with the status of the response if it is another than 101. */
  static async open(
    url: string,
    options: ClientOptions = {},
    subprotocols: readonly string[] = [],
  ): Promise<Visitor> {
    const socket = new WebSocket(url, [...subprotocols], options);
    const visitor = new Visitor(socket);
    socket.on("unexpected-response", (_request, response: IncomingMessage) => {
      socket.emit("error", new Error(`status ${response.statusCode}`));
      response.destroy();
    });
    await once(socket, "open");
    return visitor;
  }

  /** The negotiated extensions, separated by commas. */
  get extensions(): string {
    return this.socket.extensions;
  }

  send(message: string | Uint8Array): void {
    this.socket.send(message);
  }

  /** Sends a message and returns the next one. */
  async echoOf(message: string | Uint8Array): Promise<string | Uint8Array | undefined> {
    this.send(message);
    return this.next();
  }

  /** Returns the next message, or undefined if the connection ends before. */
  async next(): Promise<string | Uint8Array | undefined> {
    while (this.messages.length === 0 && this.socket.readyState === WebSocket.OPEN) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.messages.shift();
  }

  /** Sends a Pong, which the server does not answer (RFC 6455 section 5.5.3). */
  pong(): void {
    this.socket.pong();
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  terminate(): void {
    this.socket.terminate();
  }
}
