import { maskInto, maskIntoWords, Words } from "./mask/mask.ts";

/** Longest message that shares memory with others, in bytes. */
const longestShared = 1_024;
/** Most memory that one message can keep alive beyond its own, in bytes. */
const sharedLength = 8_192;

/** How memory for messages is got. What is best differs between the runtimes. */
export interface MemoryOptions {
  /**
   * Makes an array of a length with memory of its own, which need not be zeroed: it is written
   * whole before anybody sees it. Default: a plain `Uint8Array`.
   */
  allocate?(length: number): Uint8Array;
  /** From how many bytes on a message of a burst shares memory with others of it. Default 65. */
  sharedFrom?: number;
}

/**
 * Copies messages for the user to keep, unmasking on the way.
 *
 * An array with memory of its own is dear (some 500 ns in V8, from 65 bytes on), so small messages that
 * came in one chunk share some: a view of it costs 30 ns. It is never more than 8 KiB, never that
 * of another connection, and never the received chunk itself.
 */
export class MessageMemory {
  private readonly options: MemoryOptions;
  private shared: Words | undefined = undefined;
  private used = 0;
  /** The chunk that messages are being copied from. */
  private source: Words | undefined = undefined;

  /** @param options - Retained, not modified. */
  constructor(options: MemoryOptions) {
    this.options = options;
  }

  /**
   * Copies one message.
   *
   * @param bytes - Borrowed until `endBurst`, not modified; read from `start` to `end`.
   * @param maskingKey - 0 for bytes that are not masked.
   * @param following - How many bytes of the chunk come after `end`.
   * @returns Bytes that are the caller's to keep.
   */
  copy(
    bytes: Uint8Array,
    start: number,
    end: number,
    maskingKey: number,
    following: number,
  ): Uint8Array {
    const length = end - start;
    const { sharedFrom = 65 } = this.options;
    const isShared = length >= sharedFrom && length <= longestShared && length > 0;
    if (isShared && (following > 0 || this.used > 0)) {
      return this.copyShared(bytes, start, end, maskingKey, following);
    }
    const copy = this.allocate(length);
    maskInto(copy, 0, bytes, start, end, maskingKey, 0);
    return copy;
  }

  /** Makes an array with memory of its own that may hold anything. */
  allocate(length: number): Uint8Array {
    const { allocate } = this.options;
    return allocate === undefined ? new Uint8Array(length) : allocate(length);
  }

  /** Says that the chunk is used up: what follows will not share memory with what came. */
  endBurst(): void {
    this.shared = this.source = undefined;
    this.used = 0;
  }

  private copyShared(
    bytes: Uint8Array,
    start: number,
    end: number,
    maskingKey: number,
    following: number,
  ): Uint8Array {
    const length = end - start;
    if (this.source?.bytes !== bytes) this.source = new Words(bytes);
    const { source } = this;
    // Like its original within a word, so that whole words can be copied.
    let offset = this.used + ((start - source.lead - this.used) & 3);
    if (this.shared === undefined || this.shared.bytes.length < offset + length) {
      offset = (start - source.lead) & 3;
      const wanted = Math.min(offset + length + following, sharedLength);
      this.shared = new Words(new Uint8Array(wanted));
    }
    this.used = offset + length;
    maskIntoWords(this.shared, offset, source, start, end, maskingKey);
    return new Uint8Array(this.shared.bytes.buffer, offset, length);
  }
}
