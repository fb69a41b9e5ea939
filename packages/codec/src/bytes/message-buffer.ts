import { maskInto } from "../mask/mask.ts";
import { type Bytes, freeBytes, noBytes } from "./bytes.ts";

/** Least capacity of a buffer that may grow, in bytes. */
const minimumCapacity = 256;
/**
 * Once this many bytes of a frame, including its header, were received, the buffer grows by a
 * factor of four instead of two, because every growth copies.
 */
const minQuickGrowthLength = 32_768;
/** Length of the longest frame header (RFC 6455 section 5.2), in bytes. */
const headerLength = 14;

/** Provides the memory of a `MessageBuffer`. */
export interface Allocator {
  /**
   * Makes an array with memory of its own and undefined contents. Bytes that are not written are
   * never read. Its memory is transferred when the message has outgrown it.
   */
  allocate(length: number): Bytes;
  /** Takes a shared gather buffer of at least `length` bytes, or returns undefined. */
  acquireGatherBuffer?(length: number): Bytes | undefined;
  /**
   * Returns a gather buffer.
   *
   * @param written - How many bytes from index 0 may have been written.
   */
  releaseGatherBuffer?(buffer: Uint8Array, written: number): void;
  /**
   * Counts memory before it is allocated. Returns false if too much is used; see `ReceiveMemory`.
   */
  reserve?(bytes: number): boolean;
  /** Releases reserved bytes. */
  release?(bytes: number): void;
}

const zeroed: Allocator = { allocate: (length) => new Uint8Array(length) };

/**
 * Gathers the bytes of a message that is spread over several chunks or frames (RFC 6455 section
 * 5.4). Its one buffer grows with the bytes that were received, never with a declared length.
 */
export class MessageBuffer {
  /** How many bytes are gathered. */
  length = 0;
  /** The gathered bytes, from index 0. Contents after `length` are undefined. */
  bytes: Bytes = noBytes;
  /** Whether `bytes` is a shared gather buffer, which `discard` and `take` return. */
  isGatherBuffer = false;
  /** How many bytes are reserved in `memory`. */
  private reserved = 0;
  private readonly memory: Allocator;
  private readonly mayStayShared: boolean;

  /**
   * @param memory - Retained.
   * @param mayStayShared - Whether complete bytes may stay in a gather buffer, because they are
   *   read there or `take` copies them anyway. Otherwise a frame's last growth uses memory that
   *   `take` returns without a copy.
   */
  constructor(memory: Allocator = zeroed, mayStayShared = false) {
    this.memory = memory;
    this.mayStayShared = mayStayShared;
  }

  /**
   * Adds bytes.
   *
   * @param bytes - Borrowed, not modified; copied from `start` to `end`.
   * @param expected - How many more bytes the frame header declares. The buffer does not grow
   *   beyond them. They never make it larger than twice the received bytes (four times, once 32 KiB
   *   were received, including the header), except that gather buffers have a fixed length.
   * @param maskingKey - Unmasks the bytes while copying; 0 for unmasked bytes.
   * @param phase - See `applyMask`.
   * @returns false, without adding any bytes, if the memory for them is refused.
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

  /** Returns the gathered bytes, which the caller may keep, and empties the buffer. */
  take(): Bytes {
    const { bytes, length } = this;
    const isExact = bytes.length === length && bytes !== noBytes && !this.isGatherBuffer;
    // Copying by the constructor avoids zeroing the new array first.
    const taken = isExact ? bytes : new Uint8Array(bytes.subarray(0, length));
    if (!isExact && !this.isGatherBuffer) freeBytes(bytes);
    this.discard();
    return taken;
  }

  /** Drops all bytes and returns their memory. */
  discard(): void {
    if (this.isGatherBuffer) this.memory.releaseGatherBuffer?.(this.bytes, this.length);
    this.memory.release?.(this.reserved);
    this.isGatherBuffer = false;
    this.bytes = noBytes;
    this.length = this.reserved = 0;
  }

  /** Drops the bytes of a message that is given up, and frees their memory at once. */
  drop(): void {
    if (!this.isGatherBuffer) freeBytes(this.bytes);
    this.discard();
  }

  /** Returns memory that holds `length` bytes; undefined if it is refused. */
  private ensureCapacity(length: number, expected: number): Bytes | undefined {
    const { bytes, memory } = this;
    const isLargeEnough = bytes.length >= length;
    if (isLargeEnough && !this.isGatherBuffer) return bytes;
    // Counting the header makes the growth fit reads whose length is a power of two.
    const received = length + headerLength;
    const growth = expected > 0 && received >= minQuickGrowthLength ? received * 4 : length * 2;
    const capacity = Math.max(growth, minimumCapacity);
    const isLast = expected > 0 && length + expected <= capacity;
    const target = isLast ? length + expected : capacity;
    // A buffer that does not grow again becomes the message, unless that may stay shared.
    const isOwn = isLast && !this.mayStayShared;
    // A gather buffer exists anyway, so only the bytes in it count.
    if (isLargeEnough && !isOwn) return this.reserveUpTo(length) ? bytes : undefined;
    const shared = isOwn ? undefined : memory.acquireGatherBuffer?.(isLast ? target : length);
    if (!this.reserveUpTo(shared === undefined ? target : length)) {
      if (shared !== undefined) memory.releaseGatherBuffer?.(shared, 0);
      return undefined;
    }
    const grown = shared ?? memory.allocate(target);
    grown.set(bytes.subarray(0, this.length));
    if (this.isGatherBuffer) memory.releaseGatherBuffer?.(bytes, this.length);
    else freeBytes(bytes);
    this.isGatherBuffer = shared !== undefined;
    this.bytes = grown;
    return grown;
  }

  private reserveUpTo(bytes: number): boolean {
    if (this.memory.reserve?.(bytes - this.reserved) === false) return false;
    this.reserved = bytes;
    return true;
  }
}
