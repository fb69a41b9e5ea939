import { Link, MemoryTransport as PublicTransport } from "@framewright/websocket/testing";

export { RawPeer } from "@framewright/websocket/testing";

/** One end of a connection in memory that records its writes, and accepts as much as a test says. */
export class MemoryTransport extends PublicTransport {
  declare peer: MemoryTransport;
  /** The number of bytes that `write` still accepts. See `allow`. */
  capacity = Number.POSITIVE_INFINITY;
  /** The accepted length of each write that was not refused, in bytes. */
  readonly writes: number[] = [];
  private isStarved = false;

  get paused(): boolean {
    return this.isPaused;
  }

  set paused(value: boolean) {
    this.isPaused = value;
  }

  get outputEnded(): boolean {
    return this.hasEndedOutput;
  }

  get destroyed(): boolean {
    return this.isDestroyed;
  }

  override write(bytes: Uint8Array): number {
    const taken = super.write(bytes.subarray(0, this.capacity));
    this.capacity -= taken;
    this.isStarved = taken < bytes.length;
    if (taken > 0) this.writes.push(taken);
    return taken;
  }

  /** Lets `write` accept more bytes, and reports `drained` if it refused some before. */
  allow(bytes: number): void {
    this.capacity += bytes;
    if (this.isStarved) this.listener.drained();
  }
}

/** Creates a connection in memory and returns both ends. */
export function memoryPipe(): [MemoryTransport, MemoryTransport] {
  const ends = [new MemoryTransport("192.0.2.1"), new MemoryTransport("192.0.2.1")] as const;
  new Link({}, ends);
  [ends[0].peer, ends[1].peer] = [ends[1], ends[0]];
  return [...ends];
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
