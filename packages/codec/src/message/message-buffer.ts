import { noBytes } from "../bytes/bytes.ts";
import { maxFrameHeaderLength } from "../frame/header.ts";
import { maskInto } from "../mask/mask.ts";

/** The least that a growing buffer starts with, in bytes. */
const minimumCapacity = 256;
/** When so much of a frame has come, header included, its buffer grows four times as large: every copy is dear. */
const minQuickGrowthLength = 32_768;

/** Where a `MessageBuffer` gets its memory. */
export interface Allocator {
  /** Makes an array that may hold anything: what is not written is never seen. */
  allocate(length: number): Uint8Array;
  /** Lends memory to gather `length` bytes in, and more to come, when there is some. */
  acquireGatherBuffer?(length: number): Uint8Array | undefined;
  /**
   * Takes back what it lent.
   *
   * @param written - How many bytes from index 0 on may hold something.
   */
  releaseGatherBuffer?(room: Uint8Array, written: number): void;
  /** Counts memory before it is allocated; false when there is no more. See `ReceiveMemory`. */
  reserve?(bytes: number): boolean;
  /** Gives back what was reserved. */
  release?(bytes: number): void;
}

const zeroed: Allocator = { allocate: (length) => new Uint8Array(length) };

/**
 * Gathers bytes that did not come whole in one chunk (RFC 6455 section 5.4), in one buffer that
 * grows with the bytes that came, never with a length that was declared.
 */
export class MessageBuffer {
  /** Bytes gathered. */
  length = 0;
  /** Where they are, from index 0 on; more may follow that mean nothing. */
  bytes: Uint8Array = noBytes;
  /** Whether that memory is borrowed, until `discard` or `take`. */
  isGatherBuffer = false;
  /** What is reserved of the allocator's memory, in bytes. */
  private reserved = 0;
  private readonly memory: Allocator;
  private readonly staysLent: boolean;

  /**
   * @param memory - Retained.
   * @param staysLent - Whether what is complete may be in borrowed memory: nobody is to `take` it.
   */
  constructor(memory: Allocator = zeroed, staysLent = false) {
    this.memory = memory;
    this.staysLent = staysLent;
  }

  /**
   * Adds bytes.
   *
   * @param bytes - Borrowed, not modified; copied from `start` to `end`.
   * @param expected - How many more bytes of the frame were declared. Keeps the buffer from growing past the
   *   end; never makes it more than twice as large as what has come (four times, when 32 KiB have come with the
   *   header), but for memory that is lent.
   * @param maskingKey - Unmasks on the way; 0 for bytes that are not masked.
   * @param phase - See `applyMask`.
   * @returns false when there is no memory for them: nothing was added then.
   */
  append(
    bytes: Uint8Array,
    start: number,
    end: number,
    expected: number,
    maskingKey = 0,
    phase = 0,
  ): boolean {
    const added = end - start;
    if (added === 0) return true;
    const length = this.length + added;
    const target = this.ensureCapacity(length, expected);
    if (target === undefined) return false;
    if (maskingKey === 0) target.set(bytes.subarray(start, end), this.length);
    else maskInto(target, this.length, bytes, start, end, maskingKey, phase);
    this.length = length;
    return true;
  }

  /** Takes the gathered bytes, which are the caller's to keep, and starts anew. */
  take(): Uint8Array {
    const { bytes, length } = this;
    const isExact = bytes.length === length && bytes !== noBytes && !this.isGatherBuffer;
    // A copy made like this is not zeroed first.
    const taken = isExact ? bytes : new Uint8Array(bytes.subarray(0, length));
    this.discard();
    return taken;
  }

  /** Forgets all bytes. */
  discard(): void {
    if (this.isGatherBuffer) this.memory.releaseGatherBuffer?.(this.bytes, this.length);
    this.memory.release?.(this.reserved);
    this.isGatherBuffer = false;
    this.bytes = noBytes;
    this.length = this.reserved = 0;
  }

  /** Memory that has room for so many bytes; undefined when there is none. */
  private ensureCapacity(length: number, expected: number): Uint8Array | undefined {
    const { bytes, memory } = this;
    const hasRoom = bytes.length >= length;
    if (hasRoom && !this.isGatherBuffer) return bytes;
    // Its header has come as well, and what is read at a time is a power of two with it.
    const come = length + maxFrameHeaderLength;
    const grows = expected > 0 && come >= minQuickGrowthLength ? come * 4 : length * 2;
    const most = Math.max(grows, minimumCapacity);
    const isLast = expected > 0 && length + expected <= most;
    const target = isLast ? length + expected : most;
    // What will not have to grow again is the message itself, unless that stays where it is.
    const isOwn = isLast && !this.staysLent;
    // Borrowed memory is there anyway, so that only the bytes in it count.
    if (hasRoom && !isOwn) return this.reserveUpTo(length) ? bytes : undefined;
    const lent = isOwn ? undefined : memory.acquireGatherBuffer?.(isLast ? target : length);
    if (!this.reserveUpTo(lent === undefined ? target : length)) {
      if (lent !== undefined) memory.releaseGatherBuffer?.(lent, 0);
      return undefined;
    }
    const grown = lent ?? memory.allocate(target);
    grown.set(bytes.subarray(0, this.length));
    if (this.isGatherBuffer) memory.releaseGatherBuffer?.(bytes, this.length);
    this.isGatherBuffer = lent !== undefined;
    this.bytes = grown;
    return grown;
  }

  private reserveUpTo(bytes: number): boolean {
    if (this.memory.reserve?.(bytes - this.reserved) === false) return false;
    this.reserved = bytes;
    return true;
  }
}
