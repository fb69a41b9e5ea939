import type { Socket, SocketHandler } from "bun";
import {
  ack,
  connectFrame,
  endStream,
  FrameType,
  frameHeadLength,
  http2Frame,
  isStatus200,
  maxFrameSize,
  preface,
  uint32,
  writeFrameHead,
} from "./http2-frames.ts";
import type { Target } from "./raw-connection.ts";

const hostname = "127.0.0.1";
/** The protocol in the form of RFC 7301 section 3.1. */
const alpn = Buffer.from("\x02h2");
const maxWindow = 2 ** 31 - 1;
/** The window of a connection, which no setting changes (RFC 9113 section 6.9.2). */
const defaultWindow = 65_535;
/** A window is opened again when this much of it is used, so that no server waits for it. */
const windowStep = 2 ** 29;
/** SETTINGS_INITIAL_WINDOW_SIZE. */
const initialWindowSize = 4;
const settings = Buffer.from([0, initialWindowSize, ...uint32(maxWindow)]);

/** A stream that performs the opening handshake and afterwards only reports received bytes. */
export class Http2Stream {
  /** Called with the number of bytes received after the opening handshake. */
  onBytes: (length: number, bytes: Uint8Array) => void = () => {};
  onClose: () => void = () => {};
  readonly id: number;
  readonly open = Promise.withResolvers<void>();
  /** Written by the connection only. */
  window: number;
  unsent: Uint8Array | undefined = undefined;
  /** Bytes received since the server's window was last opened. */
  used = 0;
  private readonly connection: Http2Connection;

  constructor(connection: Http2Connection, id: number, window: number) {
    this.connection = connection;
    this.id = id;
    this.window = window;
    this.open.promise.catch(() => {});
  }

  /** Sends bytes as far as flow control allows, and the rest later. One call at a time. */
  write(bytes: Uint8Array): void {
    if (this.unsent !== undefined) throw new Error("the previous bytes are not sent yet");
    this.unsent = bytes;
    this.connection.send(this);
  }

  close(reason: string): void {
    this.open.reject(new Error(reason));
    this.onClose();
  }
}

/**
 * A client's connection of HTTP/2. It knows what an echo needs: DATA, flow control and the
 * acknowledgements. All frames that the bytes of one read cause are one write.
 */
export class Http2Connection {
  readonly ready = Promise.withResolvers<void>();
  private readonly socket: Socket<Http2Connection>;
  private readonly target: Target;
  private readonly streams = new Map<number, Http2Stream>();
  private readonly blocked = new Set<Http2Stream>();
  private nextId = 1;
  private window = defaultWindow;
  private initialWindow = defaultWindow;
  private used = 0;
  private output = Buffer.allocUnsafeSlow(65_536);
  private outputLength = 0;
  private reading = false;
  private readonly head = Buffer.alloc(frameHeadLength);
  private headLength = 0;
  /** Remaining bytes of the payload. */
  private left = 0;
  private payload: Uint8Array[] = [];

  constructor(socket: Socket<Http2Connection>, target: Target) {
    this.socket = socket;
    this.target = target;
    this.ready.promise.catch(() => {});
    socket.data = this;
    this.append(preface);
    this.append(http2Frame(FrameType.Settings, 0, 0, settings));
    this.append(http2Frame(FrameType.WindowUpdate, 0, 0, uint32(maxWindow - defaultWindow)));
    this.flush();
  }

  /** Opens a stream and performs the opening handshake. */
  async openStream(): Promise<Http2Stream> {
    const stream = new Http2Stream(this, this.nextId, this.initialWindow);
    this.nextId += 2;
    this.streams.set(stream.id, stream);
    const scheme = this.target.tls ? "https" : "http";
    this.append(connectFrame(stream.id, scheme, `${hostname}:${this.target.port}`));
    this.flush();
    await stream.open.promise;
    return stream;
  }

  send(stream: Http2Stream): void {
    let bytes = stream.unsent;
    while (bytes !== undefined) {
      const length = Math.min(bytes.length, stream.window, this.window, maxFrameSize);
      if (length <= 0) break;
      this.appendData(stream.id, bytes, length);
      stream.window -= length;
      this.window -= length;
      bytes = length < bytes.length ? bytes.subarray(length) : undefined;
    }
    stream.unsent = bytes;
    if (bytes !== undefined) this.blocked.add(stream);
    this.flush();
  }

  receive(bytes: Uint8Array): void {
    this.reading = true;
    for (let at = 0; at < bytes.length; ) {
      if (this.headLength < frameHeadLength) {
        this.head[this.headLength++] = bytes[at++];
        if (this.headLength === frameHeadLength) this.left = this.head.readUIntBE(0, 3);
      } else {
        const length = Math.min(this.left, bytes.length - at);
        this.left -= length;
        this.receivePayload(bytes.subarray(at, at + length));
        at += length;
      }
      if (this.headLength === frameHeadLength && this.left === 0) this.endFrame();
    }
    this.reading = false;
    this.flush();
  }

  /** Writes what the socket accepts. */
  flush(): void {
    if (this.reading || this.outputLength === 0) return;
    const { output, outputLength } = this;
    const taken = Math.max(this.socket.write(output, 0, outputLength), 0);
    if (taken < outputLength) output.copyWithin(0, taken, outputLength);
    this.outputLength = outputLength - taken;
  }

  close(reason = "a connection was closed"): void {
    this.ready.reject(new Error(reason));
    for (const stream of this.streams.values()) stream.close(reason);
    this.streams.clear();
  }

  private receivePayload(bytes: Uint8Array): void {
    if (this.head[3] !== FrameType.Data) this.payload.push(bytes.slice());
    else if (bytes.length > 0) this.receiveData(this.head.readUInt32BE(5), bytes);
  }

  private receiveData(id: number, bytes: Uint8Array): void {
    const stream = this.streams.get(id);
    if (stream === undefined) return this.close(`DATA of the unknown stream ${id}`);
    stream.used += bytes.length;
    this.used += bytes.length;
    if (stream.used > windowStep) {
      this.append(http2Frame(FrameType.WindowUpdate, 0, id, uint32(stream.used)));
      stream.used = 0;
    }
    if (this.used > windowStep) {
      this.append(http2Frame(FrameType.WindowUpdate, 0, 0, uint32(this.used)));
      this.used = 0;
    }
    stream.onBytes(bytes.length, bytes);
  }

  private endFrame(): void {
    const { head } = this;
    const payload = Buffer.concat(this.payload);
    this.payload = [];
    this.headLength = 0;
    const [, , , type, flags] = head;
    const id = head.readUInt32BE(5);
    if (type === FrameType.Settings && (flags & ack) === 0) this.takeSettings(payload);
    if (type === FrameType.Ping && (flags & ack) === 0) {
      this.append(http2Frame(FrameType.Ping, ack, 0, payload));
    }
    if (type === FrameType.WindowUpdate) this.openWindow(id, payload.readUInt32BE(0));
    if (type === FrameType.GoAway) this.close("the server sent GOAWAY");
    if (type === FrameType.Headers) this.takeAnswer(id, payload);
    const hasEnd = (type === FrameType.Data || type === FrameType.Headers) && flags & endStream;
    if (type === FrameType.RstStream || hasEnd) this.endStream(id);
  }

  private takeSettings(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== initialWindowSize) continue;
      const size = payload.readUInt32BE(at + 2);
      for (const stream of this.streams.values()) stream.window += size - this.initialWindow;
      this.initialWindow = size;
    }
    this.append(http2Frame(FrameType.Settings, ack, 0));
    this.ready.resolve();
    this.sendBlocked();
  }

  private openWindow(id: number, more: number): void {
    const stream = this.streams.get(id);
    if (id === 0) this.window += more;
    else if (stream !== undefined) stream.window += more;
    this.sendBlocked();
  }

  private sendBlocked(): void {
    const blocked = [...this.blocked];
    this.blocked.clear();
    for (const stream of blocked) this.send(stream);
  }

  private takeAnswer(id: number, block: Uint8Array): void {
    const stream = this.streams.get(id);
    if (isStatus200(block)) stream?.open.resolve();
    else stream?.open.reject(new Error("the server did not answer with status 200"));
  }

  private endStream(id: number): void {
    const stream = this.streams.get(id);
    this.streams.delete(id);
    stream?.close("a stream was closed");
  }

  private appendData(id: number, bytes: Uint8Array, length: number): void {
    const at = this.reserve(frameHeadLength + length);
    writeFrameHead(this.output, at, FrameType.Data, 0, id, length);
    this.output.set(length < bytes.length ? bytes.subarray(0, length) : bytes, at + 9);
  }

  private append(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.output.set(bytes, at);
  }

  /** Returns where `length` more bytes of output start. */
  private reserve(length: number): number {
    const start = this.outputLength;
    this.outputLength += length;
    if (this.outputLength > this.output.length) {
      const larger = Buffer.allocUnsafeSlow(2 * this.outputLength);
      larger.set(this.output.subarray(0, start));
      this.output = larger;
    }
    return start;
  }
}

const handlers = {
  data: (socket, bytes) => socket.data.receive(bytes),
  drain: (socket) => socket.data.flush(),
  close: (socket) => socket.data?.close(),
  error() {}, // `close` follows
} satisfies SocketHandler<Http2Connection>;

/** Opens a connection and waits for the server's settings. */
async function openConnection(target: Target): Promise<Http2Connection> {
  const connected = Promise.withResolvers<Http2Connection>();
  const start = (socket: Socket<Http2Connection>) => {
    connected.resolve(new Http2Connection(socket, target));
  };
  const tls = { rejectUnauthorized: false, ALPNProtocols: alpn };
  const opening = Bun.connect<Http2Connection>({
    hostname,
    port: target.port,
    ...(target.tls ? { tls } : {}),
    socket: { ...handlers, ...(target.tls ? { open() {}, handshake: start } : { open: start }) },
  });
  opening.catch(connected.reject);
  const connection = await connected.promise;
  await connection.ready.promise;
  return connection;
}

/** Opens streams, at most 64 at a time, on one connection or on one each. */
export async function openStreams(target: Target, count: number): Promise<Http2Stream[]> {
  const shared = target.http2 === "shared" ? await openConnection(target) : undefined;
  const streams: Http2Stream[] = [];
  while (streams.length < count) {
    const wave = Math.min(64, count - streams.length);
    const openOne = async () => (shared ?? (await openConnection(target))).openStream();
    streams.push(...(await Promise.all(Array.from({ length: wave }, openOne))));
  }
  return streams;
}
