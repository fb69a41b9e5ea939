import { BufferPool } from "../bytes/buffer-pool.ts";
import { type Bytes, viewBytes } from "../bytes/bytes.ts";
import { markLent } from "../bytes/lent-bytes.ts";
import type { Allocator } from "../bytes/message-buffer.ts";
import { endSlices, maskedSlice, maskInto } from "../mask/mask.ts";
import { maskWords, WordView } from "../mask/words.ts";
import type { MessageSlab } from "./message-slab.ts";
import type { ReceiveMemory } from "./receive-memory.ts";

/** Length of the longest message that shares memory with others, in bytes. */
const maxSharedMessageLength = 1_024;
/**
 * Length of the longest copy that messages of a chunk share, in bytes: one message keeps it alive.
 */
const maxSharedBufferLength = 8_192;
/** Length of the longest message that is made by `slice`, in bytes. */
const maxSlicedLength = 8_192;
/** A message may keep its chunk alive if the chunk has at most 18/16 of the message's length. */
const maxKeptChunkSixteenths = 18;
/** Up to this many bytes, 32-bit words are faster than SIMD if there is a word view. */
const maxWordMaskLength = 255;

/** Fewer bytes than this are not gathered in a gather buffer. */
const minGatherLength = 1_024;

/**
 * Buffers of one length in which messages that arrive in pieces are gathered, until they outgrow them
 * or until the rest of the frame fits into memory of their own. A growing message then needs no fresh
 * memory: 1 MiB of it costs 50 to 65 us, mostly for page faults. All connections of the process
 * share them. They are made when they are needed.
 */
class GatherBuffers {
  readonly length: number;
  private readonly max: number;
  private readonly free: BufferPool;
  private count = 0;
  /** Up to which index each buffer may hold bytes of some message. Zeros follow. */
  readonly written = new WeakMap<Uint8Array, number>();

  constructor(length: number, max: number) {
    this.length = length;
    this.max = max;
    this.free = new BufferPool(max);
  }

  acquire(): Bytes | undefined {
    const free = this.free.acquire();
    if (free !== undefined || this.count === this.max) return free;
    this.count++;
    const buffer = new Uint8Array(this.length);
    this.written.set(buffer, 0);
    return buffer;
  }

  release(buffer: Uint8Array, written: number): void {
    // The user may have transferred the memory of a borrowed message.
    if (buffer.length !== this.length) {
      this.count--;
      return;
    }
    if (written > (this.written.get(buffer) as number)) this.written.set(buffer, written);
    this.free.release(buffer);
  }

  /** Returns how many free buffers are left. */
  trim(): number {
    const before = this.free.size;
    const left = this.free.trim();
    this.count -= before - left;
    return left;
  }
}

const gatherBuffers = /* @__PURE__ */ new GatherBuffers(1_048_576, 8);
/** Taken first. A frame of up to 16 MiB moves from here straight to memory of its own. */
const longGatherBuffers = /* @__PURE__ */ new GatherBuffers(4_194_304, 1);

function gatherBuffersOf(buffer: Uint8Array): GatherBuffers {
  return longGatherBuffers.written.has(buffer) ? longGatherBuffers : gatherBuffers;
}

/** See `trimPools`. Returns how many free buffers are left. */
export function trimGatherBuffers(): number {
  return gatherBuffers.trim() + longGatherBuffers.trim();
}

/** Where received messages are stored. The best choice differs between runtimes. */
export interface MemoryOptions {
  /**
   * Makes an array with memory of its own. It need not be zeroed, because the codec overwrites all
   * of it before anybody reads it. Default: `new Uint8Array(length)`.
   */
  allocate?(length: number): Bytes;
  /**
   * Binary messages of at least this many bytes, up to 1 KiB, share memory with others of the same
   * chunk. Default 65.
   */
  sharedFrom?: number;
  /**
   * Binary messages of at least this many bytes, up to 1 KiB, that arrive alone in a chunk share
   * memory with earlier and later ones of the same connection. Default: never.
   */
  sharedAloneFrom?: number;
  /**
   * Binary messages of at least this many bytes, up to 8 KiB, are made by `slice` from the memory in
   * which they were unmasked. Set it if `slice` costs less than a view. Default: never.
   */
  slicedFrom?: number;
  /**
   * Whether binary messages are borrowed: views of the received chunk or of a gather buffer, which
   * the next message may overwrite, valid until the next call of `Connection.next`.
   * `Connection.send` accepts them and copies them. Default false.
   */
  borrowedMessages?: boolean;
  /** Bounds the memory of incomplete messages. Default: no bound. */
  receiveMemory?: ReceiveMemory | undefined;
  /**
   * Binary messages of at least this many bytes are views of their chunk if it holds hardly
   * anything else. Set it only if each chunk has memory of its own that nobody reuses. Default:
   * never.
   */
  keepFrom?: number;
}

/**
 * Copies binary messages for the user to keep, and unmasks them while copying.
 *
 * An array with memory of its own is expensive (some 500 ns in V8 from 65 bytes), so small messages
 * of one chunk share a copy of a part of it: a view costs 30 ns. A shared copy has at most 8 KiB
 * and holds messages of one connection only. It is never the received chunk itself. Small messages
 * that arrive alone may share a slab.
 */
export class MessageMemory implements Allocator {
  /** The slab of the connection whose messages are copied, if any; see `sharedAloneFrom`. */
  slab: MessageSlab | undefined = undefined;

  private readonly options: MemoryOptions;
  private readonly sharedFrom: number;
  private readonly sharedAloneFrom: number;
  private readonly slicedFrom: number;
  private readonly keepFrom: number;
  /** A copy of a part of a chunk, that chunk, and the index in it at which the copy starts. */
  private shared: WordView | undefined = undefined;
  private source: Uint8Array | undefined = undefined;
  private sharedStart = 0;

  /** @param options - Retained, not modified. */
  constructor(options: MemoryOptions) {
    this.options = options;
    this.sharedFrom = Math.max(options.sharedFrom ?? 65, 1);
    this.sharedAloneFrom = Math.max(options.sharedAloneFrom ?? Number.POSITIVE_INFINITY, 1);
    this.slicedFrom = options.slicedFrom ?? Number.POSITIVE_INFINITY;
    this.keepFrom = options.keepFrom ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Copies one message.
   *
   * @param bytes - Borrowed until `endBurst`, not modified; read from `start` to `end`.
   * @param maskingKey - 0 for unmasked bytes.
   * @param following - How many bytes of the chunk follow `end`.
   * @returns Bytes that the caller may keep.
   */
  copy(
    bytes: Uint8Array,
    start: number,
    end: number,
    maskingKey: number,
    following: number,
  ): Bytes {
    const length = end - start;
    if (length >= this.slicedFrom && length <= maxSlicedLength) {
      const slice = maskedSlice(bytes, start, end, maskingKey);
      if (slice !== undefined) return slice;
    }
    const isShared = length >= this.sharedFrom && length <= maxSharedMessageLength;
    if (isShared && (following > 0 || this.shared !== undefined)) {
      return this.copyShared(bytes, start, end, maskingKey, following);
    }
    const isSlabbed = length >= this.sharedAloneFrom && length <= maxSharedMessageLength;
    const copy = (isSlabbed ? this.slab?.take(length) : undefined) ?? this.allocate(length);
    maskInto(copy, 0, bytes, start, end, maskingKey, 0);
    return copy;
  }

  /** Tells whether the last message of a chunk, of `length` bytes, may be a view of the chunk. */
  mayHandOverChunk(length: number, chunk: Uint8Array): boolean {
    return (
      length >= this.keepFrom && chunk.buffer.byteLength * 16 <= length * maxKeptChunkSixteenths
    );
  }

  /** Makes an array with memory of its own. Its contents are undefined. */
  allocate(length: number): Bytes {
    const { allocate } = this.options;
    return allocate === undefined ? new Uint8Array(length) : allocate(length);
  }

  /** Whether messages are borrowed: views that are valid until `endBurst`. */
  get lendsMessages(): boolean {
    return this.options.borrowedMessages === true;
  }

  /**
   * Makes a borrowed message.
   *
   * @param bytes - Not copied: the message is a view of it from `start` to `end`.
   */
  lend(bytes: Uint8Array, start: number, end: number): Bytes {
    markLent(bytes, end - start);
    return viewBytes(bytes as Bytes, start, end);
  }

  /**
   * Makes a borrowed message of a gather buffer. Erases the bytes that earlier messages left after
   * it, because they may belong to another connection.
   */
  lendGathered(buffer: Uint8Array, length: number): Bytes {
    const { written } = gatherBuffersOf(buffer);
    const end = written.get(buffer) as number;
    if (end > length) buffer.fill(0, length, end);
    written.set(buffer, length);
    return this.lend(buffer, 0, length);
  }

  /** See `Allocator.acquireGatherBuffer`. */
  acquireGatherBuffer(length: number): Bytes | undefined {
    if (length < minGatherLength || length > longGatherBuffers.length) return undefined;
    const long = longGatherBuffers.acquire();
    return long === undefined && length <= gatherBuffers.length ? gatherBuffers.acquire() : long;
  }

  /** See `Allocator.releaseGatherBuffer`. */
  releaseGatherBuffer(buffer: Uint8Array, written: number): void {
    gatherBuffersOf(buffer).release(buffer, written);
  }

  /** See `Allocator.reserve`. */
  reserve(bytes: number): boolean {
    return this.options.receiveMemory?.reserve(bytes) ?? true;
  }

  /** See `Allocator.release`. */
  release(bytes: number): void {
    this.options.receiveMemory?.release(bytes);
  }

  /** Ends a chunk: messages of the next one share no memory with those of this one. */
  endBurst(): void {
    if (this.slicedFrom < Number.POSITIVE_INFINITY) endSlices();
    this.shared = this.source = undefined;
  }

  private copyShared(
    bytes: Uint8Array,
    start: number,
    end: number,
    maskingKey: number,
    following: number,
  ): Bytes {
    let shared = this.source === bytes ? this.shared : undefined;
    // Its length is 0 if the user has transferred its memory.
    if (shared === undefined || end - this.sharedStart > shared.bytes.length) {
      shared = this.share(bytes, start, end + following);
    }
    const offset = start - this.sharedStart;
    const length = end - start;
    const message = new Uint8Array(shared.buffer as ArrayBuffer, offset, length);
    if (maskingKey === 0) return message;
    if (length <= maxWordMaskLength) maskWords(shared, offset, offset + length, maskingKey, 0);
    else maskInto(message, 0, message, 0, length, maskingKey, 0);
    return message;
  }

  /** Copies the part of a chunk that messages may share, headers included: one copy for many. */
  private share(bytes: Uint8Array, start: number, end: number): WordView {
    const length = Math.min(end - start, maxSharedBufferLength);
    const copy = this.allocate(length);
    copy.set(bytes.subarray(start, start + length));
    this.source = bytes;
    this.sharedStart = start;
    this.shared = new WordView(copy);
    return this.shared;
  }
}
