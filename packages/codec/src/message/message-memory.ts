import { BufferPool } from "../bytes/buffer-pool.ts";
import { viewBytes } from "../bytes/bytes.ts";
import { markLent } from "../bytes/lent-bytes.ts";
import { maskInto, maskWords, WordView } from "../mask/mask.ts";
import type { Allocator } from "./message-buffer.ts";
import type { MessageSlab } from "./message-slab.ts";
import type { ReceiveMemory } from "./receive-memory.ts";

/** Longest message that shares memory with others, in bytes. */
const maxSharedMessageLength = 1_024;
/** Most memory that one message can keep alive beyond its own, in bytes. */
const maxSharedBufferLength = 8_192;
/** How many bytes a chunk may have for each 16 of the message that keeps it alive. */
const maxKeptChunkSixteenths = 18;
/** Up to this many bytes, words are faster than vectors where there is a view of both. */
const maxWordMaskLength = 255;

/**
 * Where long frames that come in pieces are gathered until a good part is there or they outgrow it: what
 * a message grows through is then no fresh memory, whose pages are dear. At most 8 MiB for all connections
 * of the process, made when they are needed.
 */
const gatherBufferLength = 1_048_576;
const maxGatherBuffers = 8;
/** Less than this is not gathered there, in bytes. */
const minGatherLength = 1_024;
const freeGatherBuffers = new BufferPool(maxGatherBuffers);
let gatherBufferCount = 0;

/** See `trimPools`. Returns how many rooms are left. */
export function trimGatherBuffers(): number {
  const before = freeGatherBuffers.size;
  const left = freeGatherBuffers.trim();
  gatherBufferCount -= before - left;
  return left;
}
/** Up to which index each of them may hold bytes of some message: all behind it are zeros. */
const writtenLengths = new WeakMap<Uint8Array, number>();

/** How memory for messages is got. What is best differs between the runtimes. */
export interface MemoryOptions {
  /**
   * Makes an array of a length with memory of its own, which need not be zeroed: it is written
   * whole before anybody sees it. Default: a plain `Uint8Array`.
   */
  allocate?(length: number): Uint8Array;
  /** From how many bytes on a message of a burst shares memory with others of it. Default 65. */
  sharedFrom?: number;
  /**
   * From how many bytes on a message that comes alone shares memory with those that come to the same connection
   * before and after it, up to 1 KiB. Default: never.
   */
  sharedAloneFrom?: number;
  /**
   * Binary messages are lent and not given: views of the received chunk, or of memory that they were gathered in,
   * which the next message may overwrite: valid until the next call of `Connection.next`. `Connection.send` takes
   * them as they are. Default false.
   */
  borrowedMessages?: boolean;
  /** Bounds what is held of messages that are not complete. Default: no bound. */
  receiveMemory?: ReceiveMemory | undefined;
  /**
   * From how many bytes on a message is left in the chunk that it came in, when that holds hardly anything else.
   * Only where chunks have memory of their own that nobody uses again. Default: never.
   */
  keepFrom?: number;
}

/**
 * Copies messages for the user to keep, unmasking on the way.
 *
 * An array with memory of its own is dear (some 500 ns in V8, from 65 bytes on), so small messages that
 * came in one chunk share some: a view of it costs 30 ns. It is never more than 8 KiB, never that
 * of another connection, and never the received chunk itself. Those that come alone may share a slab.
 */
export class MessageMemory implements Allocator {
  /** That of the connection whose messages are copied, if any; see `sharedAloneFrom`. */
  slab: MessageSlab | undefined = undefined;

  private readonly options: MemoryOptions;
  private readonly sharedFrom: number;
  private readonly sharedAloneFrom: number;
  private readonly keepFrom: number;
  /** A copy of a part of a chunk, which chunk that was, and where in it. */
  private shared: WordView | undefined = undefined;
  private source: Uint8Array | undefined = undefined;
  private sharedStart = 0;

  /** @param options - Retained, not modified. */
  constructor(options: MemoryOptions) {
    this.options = options;
    this.sharedFrom = Math.max(options.sharedFrom ?? 65, 1);
    this.sharedAloneFrom = Math.max(options.sharedAloneFrom ?? Number.POSITIVE_INFINITY, 1);
    this.keepFrom = options.keepFrom ?? Number.POSITIVE_INFINITY;
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
    const isShared = length >= this.sharedFrom && length <= maxSharedMessageLength;
    if (isShared && (following > 0 || this.shared !== undefined)) {
      return this.copyShared(bytes, start, end, maskingKey, following);
    }
    const isSlabbed = length >= this.sharedAloneFrom && length <= maxSharedMessageLength;
    const copy = (isSlabbed ? this.slab?.take(length) : undefined) ?? this.allocate(length);
    maskInto(copy, 0, bytes, start, end, maskingKey, 0);
    return copy;
  }

  /** Tells whether a message of so many bytes, the last of a chunk, may be handed out where it lies. */
  mayHandOverChunk(length: number, chunk: Uint8Array): boolean {
    return (
      length >= this.keepFrom && chunk.buffer.byteLength * 16 <= length * maxKeptChunkSixteenths
    );
  }

  /** Makes an array with memory of its own that may hold anything. */
  allocate(length: number): Uint8Array {
    const { allocate } = this.options;
    return allocate === undefined ? new Uint8Array(length) : allocate(length);
  }

  /** Whether messages are views that are valid until `endBurst`. */
  get lendsMessages(): boolean {
    return this.options.borrowedMessages === true;
  }

  /**
   * Lends one message.
   *
   * @param bytes - Read from `start` to `end`; its memory is shared with what is returned.
   */
  lend(bytes: Uint8Array, start: number, end: number): Uint8Array {
    markLent(bytes, end - start);
    return viewBytes(bytes, start, end);
  }

  /**
   * Lends a message that was gathered in borrowed memory. What other messages left in it behind this one is
   * erased: it may be another connection's.
   */
  lendGathered(room: Uint8Array, length: number): Uint8Array {
    const written = writtenLengths.get(room) as number;
    if (written > length) room.fill(0, length, written);
    writtenLengths.set(room, length);
    return this.lend(room, 0, length);
  }

  /** See `Allocator.acquireGatherBuffer`. */
  acquireGatherBuffer(length: number): Uint8Array | undefined {
    if (length > gatherBufferLength || length < minGatherLength) return undefined;
    const free = freeGatherBuffers.acquire();
    if (free !== undefined || gatherBufferCount === maxGatherBuffers) return free;
    gatherBufferCount++;
    const room = new Uint8Array(gatherBufferLength);
    writtenLengths.set(room, 0);
    return room;
  }

  /** See `Allocator.releaseGatherBuffer`. */
  releaseGatherBuffer(room: Uint8Array, written: number): void {
    // A message that was lent can be transferred away, and its memory with it.
    if (room.length !== gatherBufferLength) {
      gatherBufferCount--;
      return;
    }
    if (written > (writtenLengths.get(room) as number)) writtenLengths.set(room, written);
    freeGatherBuffers.release(room);
  }

  /** See `Allocator.reserve`. */
  reserve(bytes: number): boolean {
    return this.options.receiveMemory?.reserve(bytes) ?? true;
  }

  /** See `Allocator.release`. */
  release(bytes: number): void {
    this.options.receiveMemory?.release(bytes);
  }

  /** Says that the chunk is used up: what follows will not share memory with what came. */
  endBurst(): void {
    this.shared = this.source = undefined;
  }

  private copyShared(
    bytes: Uint8Array,
    start: number,
    end: number,
    maskingKey: number,
    following: number,
  ): Uint8Array {
    let shared = this.source === bytes ? this.shared : undefined;
    // Its length is 0 when the user has given it away.
    if (shared === undefined || end - this.sharedStart > shared.bytes.length) {
      shared = this.share(bytes, start, end + following);
    }
    const offset = start - this.sharedStart;
    const length = end - start;
    const message = new Uint8Array(shared.buffer, offset, length);
    if (maskingKey === 0) return message;
    if (length <= maxWordMaskLength) maskWords(shared, offset, offset + length, maskingKey, 0);
    else maskInto(message, 0, message, 0, length, maskingKey, 0);
    return message;
  }

  /** Copies as much of a chunk as messages may share, headers and all: one long copy instead of many short ones. */
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
