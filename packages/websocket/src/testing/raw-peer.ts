import type { TransportListener } from "../transport/transport.ts";
import type { MemoryTransport } from "./memory-transport.ts";

/**
 * A client that sends any bytes, for tests of what a server does with a peer that breaks the protocol.
 * Created by `Network.dial`.
 */
export class RawPeer implements TransportListener {
  readonly transport: MemoryTransport;
  /** What was received and not taken yet. */
  received: Uint8Array = new Uint8Array(0);
  /** Whether the other end has ended its direction, or the connection was reset. */
  hasEnded = false;

  /** @param transport - Owned from now on. */
  constructor(transport: MemoryTransport) {
    this.transport = transport;
    transport.listener = this;
  }

  /** The received bytes, one character for each. */
  get text(): string {
    return Array.from(this.received, (byte) => String.fromCharCode(byte)).join("");
  }

  /**
   * Sends bytes, each piece as one chunk.
   *
   * @param pieces - Bytes, copied, or text, which is sent in UTF-8.
   */
  send(...pieces: (string | Uint8Array | readonly number[])[]): void {
    for (const piece of pieces) {
      this.transport.write(typeof piece === "string" ? encode(piece) : Uint8Array.from(piece));
    }
  }

  /** Removes and returns the received bytes. */
  take(): number[] {
    const bytes = [...this.received];
    this.received = new Uint8Array(0);
    return bytes;
  }

  /** Called by the transport. */
  receive(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.received.length + bytes.length);
    joined.set(this.received);
    joined.set(bytes, this.received.length);
    this.received = joined;
  }

  /** Called by the transport. */
  drained(): void {}

  /** Called by the transport. */
  ended(): void {
    this.hasEnded = true;
  }

  /** Called by the transport. */
  failed(): void {
    this.hasEnded = true;
  }
}

/** Encodes in UTF-8. Every runtime has `TextEncoder`, but not every program its type. */
function encode(text: string): Uint8Array {
  const { TextEncoder } = globalThis as unknown as {
    TextEncoder: new () => { encode(text: string): Uint8Array };
  };
  return new TextEncoder().encode(text);
}
