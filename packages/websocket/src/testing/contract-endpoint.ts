import { freeBytes } from "@framewright/codec/internal";
import { globals, type Timer } from "../runtime/globals.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";

/** A test may install its own clock later. */
const { setTimeout, clearTimeout } = globals;

/** How long a condition is waited for, in milliseconds. Busy machines need seconds. */
const patience = 30_000;

/** One end of a connection whose transport is tested: writes what it is given, records events. */
export class ContractEndpoint implements TransportListener {
  readonly transport: Transport;
  /** The names of the listener's methods that were called, without repetitions in a row. */
  readonly events: string[] = [];
  /** Number of bytes received. */
  length = 0;
  /** That of the received bytes. See `checksumOf`. */
  checksum = 0;
  private waiting: Uint8Array[] = [];
  private wake: () => void = () => {};

  constructor(transport: Transport) {
    this.transport = transport;
    transport.listener = this;
  }

  /** Whether the transport has accepted everything, and the operating system too. */
  get idle(): boolean {
    return this.waiting.length === 0 && this.transport.pending === 0;
  }

  /** Whether the connection is over, in whichever way. */
  get over(): boolean {
    return this.events.includes("ended") || this.events.includes("failed");
  }

  send(bytes: Uint8Array): void {
    this.waiting.push(bytes);
    this.drained();
  }

  /**
   * Resolves when the condition is true. It is checked after each event.
   *
   * @param what - What is waited for, for the error.
   * @throws Error if it does not become true.
   */
  async until(condition: () => boolean, what: string): Promise<void> {
    let isLate = false;
    const timer: Timer = setTimeout(
      () => {
        isLate = true;
        this.wake();
      },
      patience,
      undefined,
    );
    try {
      while (!condition()) {
        if (isLate) throw new Error(`expected ${what}; events were: ${this.events.join(", ")}`);
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  receive(bytes: Uint8Array): void {
    this.checksum = checksumOf(bytes, this.checksum, this.length);
    this.length += bytes.length;
    // As sessions do, which unmask there and free long chunks.
    bytes.fill(0);
    const isWhole = bytes.length === bytes.buffer.byteLength;
    if (isWhole && this.transport.handsOverInput === true) freeBytes(bytes);
    this.happened("receive");
  }

  drained(): void {
    for (let bytes = this.waiting[0]; bytes !== undefined; bytes = this.waiting[0]) {
      const taken = this.transport.write(bytes);
      if (taken < bytes.length) {
        this.waiting[0] = bytes.subarray(taken);
        break;
      }
      this.waiting.shift();
    }
    this.happened("drained");
  }

  ended(): void {
    this.happened("ended");
  }

  failed(): void {
    this.happened("failed");
  }

  private happened(event: string): void {
    if (this.events.at(-1) !== event) this.events.push(event);
    this.wake();
  }
}

/**
 * The sum of each byte times its position, which depends on their order.
 *
 * @param sum - That of the bytes before.
 * @param position - Number of the bytes before.
 */
export function checksumOf(bytes: Uint8Array, sum = 0, position = 0): number {
  for (let i = 0; i < bytes.length; i++) {
    sum = (sum + bytes[i] * ((position + i) % 1_009)) % 0x7fffffff;
  }
  return sum;
}

/** Resolves after a time in milliseconds, for what must not happen within it. */
export function pass(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, undefined));
}
