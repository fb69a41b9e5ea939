import type { Transport, TransportListener } from "@framewright/websocket/transport";

/** One end of an in-memory pipe. Delivers in microtasks, never within the peer's call. */
export class MemoryTransport implements Transport {
  declare listener: TransportListener;
  declare peer: MemoryTransport;
  readonly remoteAddress = "192.0.2.1";
  get pending(): number {
    return 0;
  }

  /** The number of bytes that `write` still accepts. See `allow`. */
  capacity = Number.POSITIVE_INFINITY;
  /** The accepted length of each write that was not refused, in bytes. */
  readonly writes: number[] = [];
  paused = false;
  outputEnded = false;
  destroyed = false;
  private inputEnded = false;
  private readonly inbox: Uint8Array[] = [];
  private starved = false;

  write(bytes: Uint8Array): number {
    const taken = this.outputEnded ? 0 : Math.min(bytes.length, this.capacity);
    this.capacity -= taken;
    this.starved = taken < bytes.length;
    if (taken > 0) {
      this.writes.push(taken);
      this.peer.enqueue(bytes.slice(0, taken));
    }
    return taken;
  }

  /** Lets `write` accept more bytes, and reports `drained` if it refused some before. */
  allow(bytes: number): void {
    this.capacity += bytes;
    if (this.starved) this.listener.drained();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    queueMicrotask(() => this.deliver());
  }

  shutdown(): void {
    this.outputEnded = true;
    this.peer.endInput();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    if (!this.outputEnded) this.shutdown();
  }

  private enqueue(bytes: Uint8Array): void {
    this.inbox.push(bytes);
    queueMicrotask(() => this.deliver());
  }

  private endInput(): void {
    this.inputEnded = true;
    queueMicrotask(() => this.deliver());
  }

  private endReported = false;

  private deliver(): void {
    while (!this.paused && !this.destroyed) {
      const bytes = this.inbox.shift();
      if (bytes === undefined) break;
      this.listener.receive(bytes);
      // The bytes are borrowed only during the call: a runtime may reuse their memory.
      bytes.fill(0xee);
    }
    if (this.paused || this.destroyed || !this.inputEnded || this.endReported) return;
    this.endReported = true;
    this.listener.ended();
  }
}

/** Creates a pipe and returns both ends. */
export function memoryPipe(): [MemoryTransport, MemoryTransport] {
  const first = new MemoryTransport();
  const second = new MemoryTransport();
  first.peer = second;
  second.peer = first;
  return [first, second];
}

/** The other end of a pipe as raw bytes: collects what it receives, sends what the test gives. */
export class RawPeer implements TransportListener {
  readonly transport: MemoryTransport;
  received: Uint8Array = new Uint8Array(0);
  hasEnded = false;

  constructor(transport: MemoryTransport) {
    this.transport = transport;
    transport.listener = this;
  }

  /** The received bytes, one character for each. */
  get text(): string {
    return Array.from(this.received, (byte) => String.fromCharCode(byte)).join("");
  }

  send(...pieces: (string | Uint8Array | readonly number[])[]): void {
    for (const piece of pieces) {
      this.transport.write(
        typeof piece === "string" ? new TextEncoder().encode(piece) : Uint8Array.from(piece),
      );
    }
  }

  /** Removes and returns the received bytes. */
  take(): number[] {
    const bytes = [...this.received];
    this.received = new Uint8Array(0);
    return bytes;
  }

  receive(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.received.length + bytes.length);
    joined.set(this.received);
    joined.set(bytes, this.received.length);
    this.received = joined;
  }

  drained(): void {}

  ended(): void {
    this.hasEnded = true;
  }

  failed(): void {}
}

/** Waits until microtasks and short timers have run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** The opening handshake of a client (RFC 6455 section 1.2), with further header lines. */
export function upgradeRequest(target = "/", ...lines: string[]): string {
  return [
    `GET ${target} HTTP/1.1`,
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...lines,
    "",
    "",
  ].join("\r\n");
}

/** A masked frame with the key 0, which does not change the payload. */
export function maskedFrame(opcode: number, payload: string | readonly number[] = []): number[] {
  const bytes = typeof payload === "string" ? [...new TextEncoder().encode(payload)] : payload;
  return [0x80 | opcode, 0x80 | bytes.length, 0, 0, 0, 0, ...bytes];
}

/** An unmasked frame. */
export function unmaskedFrame(opcode: number, payload: string | readonly number[] = []): number[] {
  const bytes = typeof payload === "string" ? [...new TextEncoder().encode(payload)] : payload;
  return [0x80 | opcode, bytes.length, ...bytes];
}
