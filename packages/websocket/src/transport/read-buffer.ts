/** The used part of `WebAssembly`, which the types of this package do not declare. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
};

/**
 * Offset of the buffer in its memory. WebAssembly memory starts at a page, and the codec masks in a
 * page-aligned block of its own. If the payload behind a header of 14 bytes were 14 bytes behind a
 * page too, processors would take loads of the copy for its stores (4K aliasing): 16 KiB then take
 * 4.7 us instead of 0.15 us.
 */
const offset = 2_048;

/** Views of fewer bytes are kept: 200 KB if reads of all lengths occur. */
const keptBelow = 2_048;

/**
 * A buffer of 256 KiB into which all connections of a transport read, because
 * `TransportListener.receive` only borrows it. It leaves nothing to collect, an idle connection
 * keeps none, and one read can take a long message.
 *
 * It is WebAssembly memory, which cannot be transferred: user code can reach it as the `buffer` of a
 * borrowed message, while the runtime keeps writing to its address.
 */
export class ReadBuffer {
  /** Where the runtime writes what it reads. */
  readonly bytes: Uint8Array = new Uint8Array(
    new WebAssembly.Memory({ initial: 5, maximum: 5 }).buffer,
    offset,
    262_144,
  );
  /** Number of bytes at the start that may differ from 0. */
  private dirtyLength = 0;
  /** Views by their length. Without a length from the start, V8 would make it a hash table. */
  private readonly views = new Array<Uint8Array | undefined>(keptBelow);

  /**
   * Returns the bytes of the last read.
   *
   * @param length - Their number.
   * @param isExposed - Whether user code can reach the whole buffer. If so, bytes of earlier reads,
   *   possibly of other connections, are first erased behind the new ones.
   * @returns A view that is valid until the next read.
   */
  lastRead(length: number, isExposed: boolean): Uint8Array {
    if (length > this.dirtyLength) this.dirtyLength = length;
    else if (isExposed) {
      this.bytes.fill(0, length, this.dirtyLength);
      this.dirtyLength = length;
    }
    const kept = length < keptBelow ? this.views[length] : undefined;
    if (kept !== undefined) return kept;
    const view = new Uint8Array(this.bytes.buffer, offset, length);
    if (length < keptBelow) this.views[length] = view;
    return view;
  }
}
