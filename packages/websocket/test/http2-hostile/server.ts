import { once } from "node:events";
import { type AddressInfo, createServer, type Socket as TcpSocket } from "node:net";
import {
  clientPreface,
  flags,
  frameTypes,
  headersFrame,
  http2Frame,
  numberFrame,
  settingsFrame,
} from "../http2-frames.ts";

/** One TCP connection of a client, to which frames of HTTP/2 are written by hand. */
export class HostileConnection {
  readonly tcp: TcpSocket;
  /** Identifiers of the streams that the client opened. */
  readonly streams: number[] = [];
  /** Types of the frames that the client sent. */
  readonly frames: number[] = [];
  /** Number of bytes in the client's DATA frames. */
  dataLength = 0;
  /** Whether the client ended or reset TCP. */
  hasEnded = false;
  /** Whether frames are acknowledged: SETTINGS and PING. */
  acknowledges = true;
  private received: Buffer = Buffer.alloc(0);
  private hasPreface = false;
  private readonly waiting: (() => void)[] = [];

  constructor(tcp: TcpSocket) {
    this.tcp = tcp;
    tcp.on("data", (bytes) => this.read(Buffer.concat([this.received, bytes])));
    for (const event of ["end", "close"]) {
      tcp.on(event, () => {
        this.hasEnded = true;
        this.wake();
      });
    }
    tcp.on("error", () => {});
  }

  write(...frames: readonly Uint8Array[]): void {
    if (this.tcp.writable) this.tcp.write(Buffer.concat(frames));
  }

  /** Sends frames again and again until the client ends TCP. */
  async flood(frames: () => Uint8Array): Promise<void> {
    while (!this.hasEnded && this.tcp.writable) {
      if (this.tcp.write(frames())) await new Promise((resolve) => setImmediate(resolve));
      else await Promise.race([once(this.tcp, "drain").catch(() => {}), this.ended()]);
    }
  }

  /** Resolves with the identifier of the client's stream with this index; 0 if there will be none. */
  async stream(index = 0): Promise<number> {
    while (this.streams.length <= index && !this.hasEnded) await this.change();
    return this.streams[index] ?? 0;
  }

  async ended(): Promise<void> {
    while (!this.hasEnded) await this.change();
  }

  /** Announces extended CONNECT, and accepts the client's stream with this index. */
  async accept(index = 0, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    if (index === 0) this.write(settingsFrame({ enableConnectProtocol: 1 }));
    const stream = await this.stream(index);
    this.write(headersFrame(stream, { ":status": "200", ...headers }));
    return stream;
  }

  /** Sends the last DATA of a stream. */
  endStream(stream: number, bytes: Uint8Array = new Uint8Array()): void {
    this.write(http2Frame(frameTypes.data, flags.endStream, stream, bytes));
  }

  /** Resets a stream. */
  reset(stream: number, code: number): void {
    this.write(numberFrame(frameTypes.rstStream, stream, code));
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private read(bytes: Buffer): void {
    let at = 0;
    if (!this.hasPreface) {
      if (bytes.length < clientPreface.length) {
        this.received = bytes;
        return;
      }
      this.hasPreface = true;
      // A client of HTTP/1.1 is not read any further.
      at = bytes.toString("latin1").startsWith(clientPreface)
        ? clientPreface.length
        : Number.POSITIVE_INFINITY;
    }
    while (bytes.length >= at + 9) {
      const end = at + 9 + bytes.readUIntBE(at, 3);
      if (bytes.length < end) break;
      this.take(
        bytes[at + 3],
        bytes[at + 4],
        bytes.readUInt32BE(at + 5),
        bytes.subarray(at + 9, end),
      );
      at = end;
    }
    this.received = at === 0 ? bytes : bytes.subarray(at);
    this.wake();
  }

  private take(type: number, set: number, stream: number, payload: Buffer): void {
    this.frames.push(type);
    if (type === frameTypes.headers) this.streams.push(stream);
    if (type === frameTypes.data) this.dataLength += payload.length;
    if (!this.acknowledges || (set & flags.ack) !== 0) return;
    if (type === frameTypes.settings) this.write(http2Frame(type, flags.ack, 0));
    if (type === frameTypes.ping) this.write(http2Frame(type, flags.ack, 0, payload));
  }
}

/** A TCP server that lets `serve` treat each connection. */
export class HostileServer {
  readonly port: number;
  readonly connections: HostileConnection[];
  private readonly close: () => void;

  private constructor(port: number, connections: HostileConnection[], close: () => void) {
    this.port = port;
    this.connections = connections;
    this.close = close;
  }

  /** @param serve - Called with each connection and its number, from 0. */
  static async start(
    serve: (connection: HostileConnection, number: number) => unknown,
  ): Promise<HostileServer> {
    const connections: HostileConnection[] = [];
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (tcp) => {
      const connection = new HostileConnection(tcp);
      void serve(connection, connections.push(connection) - 1);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new HostileServer((server.address() as AddressInfo).port, connections, () => {
      for (const { tcp } of connections) tcp.destroy();
      server.close();
    });
  }

  /** Resets what is still open. */
  stop(): void {
    this.close();
  }
}
