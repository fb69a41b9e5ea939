import { type Inflator, maxWindowBits } from "../deflate/compressor.ts";
import { type Fault, faultOf, rules } from "./fault.ts";

/** The permessage-deflate of one direction (RFC 7692 section 7.1). */
export interface InspectedDeflate {
  /** Whether messages are compressed with the window of the previous one. Default true. */
  readonly contextTakeover?: boolean | undefined;
  /** Base-2 logarithm of the window in bytes, 8 to 15. Default 15, which decompresses all. */
  readonly windowBits?: number | undefined;
}

/** Opens the decompressor of one direction: `Compressors.openInflator`. */
export type OpenInflator = (windowBits: number) => Inflator;

/** Decompresses the messages of one direction. */
export class MessageInflation {
  private readonly open: OpenInflator;
  private readonly contextTakeover: boolean;
  private readonly windowBits: number;
  private readonly limit: number;
  private inflator: Inflator | undefined = undefined;
  /** Whether a message was not decompressed whole, so that later ones lack their window. */
  private hasLostWindow = false;

  /** @param limit - Length of the longest message that is decompressed, in bytes. */
  constructor(open: OpenInflator, deflate: InspectedDeflate, limit: number) {
    this.open = open;
    this.contextTakeover = deflate.contextTakeover ?? true;
    this.windowBits = deflate.windowBits ?? maxWindowBits;
    this.limit = limit;
  }

  /**
   * Decompresses a complete message.
   *
   * @param payload - Borrowed, not modified.
   * @param isWhole - Whether it is the message's whole payload.
   * @param offset - Of the payload of the message's last frame, for the fault.
   * @param take - Called with each piece, from 0 to `length`, which is borrowed until it returns.
   *   It returns false if the message is too long to go on.
   * @returns The fault, or undefined. "lost" if a message before this one could not be decompressed,
   *   so that its window is missing.
   */
  inflate(
    payload: Uint8Array,
    isWhole: boolean,
    offset: number,
    take: (bytes: Uint8Array, length: number) => boolean,
  ): Fault | "lost" | undefined {
    if (this.hasLostWindow) return "lost";
    if (!isWhole) return this.give(this.tooLong(offset));
    this.inflator ??= this.open(this.windowBits);
    const { inflator } = this;
    inflator.push(payload, 0, payload.length, true);
    do {
      const length = inflator.next();
      if (length < 0) return this.give(faultOf(rules.deflateData, "payload", offset));
      if (!take(inflator.output, length)) return this.give(this.tooLong(offset));
    } while (!inflator.done);
    if (!this.contextTakeover) inflator.reset();
    return undefined;
  }

  /** Frees the decompressor. Nothing may be inflated afterwards. */
  close(): void {
    this.inflator?.close();
    this.inflator = undefined;
    this.hasLostWindow = true;
  }

  private tooLong(offset: number): Fault {
    return faultOf(rules.tooLong, "payload", offset, `${this.limit} bytes`);
  }

  /** Gives up a message: with context takeover, the window of the next one is unknown. */
  private give(fault: Fault): Fault {
    this.hasLostWindow = this.contextTakeover;
    this.inflator?.reset();
    return fault;
  }
}
