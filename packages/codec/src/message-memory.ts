import { maskInto, maskIntoWords, Words } from "./mask/mask.ts";
import { viewBytes } from "./message.ts";

/** Longest message that shares memory with others, in bytes. */
const longestShared = 1_024;
/** Most memory that one message can keep alive beyond its own, in bytes. */
const sharedLength = 8_192;
/** How many bytes a chunk may have for each 16 of the message that keeps it alive. */
const keptChunkPart = 18;

/**
 * Where long frames that come in pieces are gathered until a good part is there or they outgrow it: what
 * a message grows through is then no fresh memory, whose pages are dear. At most 4 MiB for all connections
 * of the process, made when they are needed.
 */
const roomLength = 1_048_576;
const maxRooms = 4;
/** Less than this is not gathered there, in bytes: a slow peer is not to keep it from others. */
const leastInRoom = 8_192;
const freeRooms: Uint8Array[] = [];
let roomCount = 0;

/** Up to this length messages are copied when they are sent, in bytes. */
export const longestUnmarked = 65_536;
/** Memory that longer messages were lent from. */
const lentMemory = new WeakSet<ArrayBufferLike>();

/** Whether bytes may be overwritten before they have gone out, because they are a message that was lent. */
export function isLent(bytes: Uint8Array): boolean {
  return lentMemory.has(bytes.buffer);
}

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
   * Binary messages are lent and not given: views of the received chunk, or of memory that they were gathered in,
   * which the next message may overwrite: valid until the next call of `Connection.next`. `Connection.send` takes
   * them as they are. Default false.
   */
  borrowedMessages?: boolean;
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
 * of another connection, and never the received chunk itself.
 */
export class MessageMemory {
  private readonly options: MemoryOptions;
  private readonly sharedFrom: number;
  private readonly keepFrom: number;
  private shared: Words | undefined = undefined;
  /** Words of it that hold messages. */
  private used = 0;
  /** The chunk that messages are being copied from. */
  private source: Words | undefined = undefined;

  /** @param options - Retained, not modified. */
  constructor(options: MemoryOptions) {
    this.options = options;
    this.sharedFrom = Math.max(options.sharedFrom ?? 65, 1);
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
    const isShared = length >= this.sharedFrom && length <= longestShared;
    if (isShared && (following > 0 || this.used > 0)) {
      return this.copyShared(bytes, start, end, maskingKey, following);
    }
    const copy = this.allocate(length);
    maskInto(copy, 0, bytes, start, end, maskingKey, 0);
    return copy;
  }

  /** Tells whether a message of so many bytes, the last of a chunk, may be handed out where it lies. */
  keeps(length: number, chunk: Uint8Array): boolean {
    return length >= this.keepFrom && chunk.buffer.byteLength * 16 <= length * keptChunkPart;
  }

  /** Makes an array with memory of its own that may hold anything. */
  allocate(length: number): Uint8Array {
    const { allocate } = this.options;
    return allocate === undefined ? new Uint8Array(length) : allocate(length);
  }

  /** Whether messages are views that are valid until `endBurst`. */
  get lends(): boolean {
    return this.options.borrowedMessages === true;
  }

  /**
   * Lends one message.
   *
   * @param bytes - Read from `start` to `end`; its memory is shared with what is returned.
   */
  lend(bytes: Uint8Array, start: number, end: number): Uint8Array {
    if (end - start > longestUnmarked) lentMemory.add(bytes.buffer);
    return viewBytes(bytes, start, end);
  }

  /** See `Allocator.borrow`. */
  borrow(length: number): Uint8Array | undefined {
    if (length > roomLength || length < leastInRoom) return undefined;
    if (freeRooms.length > 0 || roomCount === maxRooms) return freeRooms.pop();
    roomCount++;
    return new Uint8Array(roomLength);
  }

  /** Takes back what `borrow` lent. */
  giveBack(room: Uint8Array): void {
    // A message that was lent can be transferred away, and its memory with it.
    if (room.length === roomLength) freeRooms.push(room);
    else roomCount--;
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
    if (this.source?.bytes !== bytes) this.source = new Words(bytes);
    const { source } = this;
    // Lies in its words like its original, so that whole words can be copied.
    const wordCount = (((start - source.lead) & 3) + end - start + 3) >> 2;
    if (this.shared === undefined || this.shared.words.length < this.used + wordCount) {
      // Zeroed, unlike memory that one message fills: the user can see all of it.
      const wanted = Math.min(wordCount * 4 + ((following + 3) & ~3), sharedLength);
      this.shared = new Words(new Uint8Array(wanted));
      this.used = 0;
    }
    const { shared, used } = this;
    this.used = used + wordCount;
    const offset = maskIntoWords(shared, used, source, start, end, maskingKey);
    return new Uint8Array(shared.buffer, offset, end - start);
  }
}
