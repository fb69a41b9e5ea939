import type { Socket } from "./socket-types.ts";

/** A socket with its index in the list of `OpenSockets`, which alone writes the index. */
export interface SocketEntry<Data> {
  readonly socket: Socket<Data>;
  listIndex: number;
}

/**
 * The open sockets of a server. They are kept in a list until user code asks for a `Set`.
 *
 * When a `Set` grows in V8, its old table keeps a reference to the new one. Once such a table has
 * survived a few collections of the young generation, it keeps everything in later tables alive,
 * including deleted entries. With many short connections this cost 3 us per connection.
 */
export class OpenSockets<Data> implements Iterable<Socket<Data>> {
  private entries: (SocketEntry<Data> | undefined)[] = [];
  /** Free indexes of `entries`. Indexes beyond the end of the list are skipped. */
  private readonly free: number[] = [];
  private set: Set<Socket<Data>> | undefined = undefined;
  private count = 0;

  /** Number of open sockets. */
  get size(): number {
    return this.set?.size ?? this.count;
  }

  add(entry: SocketEntry<Data>): void {
    if (this.set !== undefined) {
      this.set.add(entry.socket);
      return;
    }
    const { entries, free } = this;
    let index = free.pop() ?? entries.length;
    while (index > entries.length) index = free.pop() ?? entries.length;
    entry.listIndex = index;
    entries[index] = entry;
    this.count++;
  }

  delete(entry: SocketEntry<Data>): void {
    if (this.set !== undefined) {
      this.set.delete(entry.socket);
      return;
    }
    const { entries, free } = this;
    if (entries[entry.listIndex] !== entry) return;
    entries[entry.listIndex] = undefined;
    this.count--;
    free.push(entry.listIndex);
    while (entries.length > 0 && entries[entries.length - 1] === undefined) entries.pop();
    if (entries.length === 0) free.length = 0;
  }

  /** Returns a live set. From now on the sockets are kept in it instead of the list. */
  asSet(): ReadonlySet<Socket<Data>> {
    if (this.set === undefined) {
      this.set = new Set(this);
      // Replaced, not emptied, because an iteration over the old list may be in progress.
      this.entries = [];
    }
    return this.set;
  }

  *[Symbol.iterator](): Iterator<Socket<Data>> {
    if (this.set !== undefined) return yield* this.set;
    for (const entry of this.entries) {
      if (entry !== undefined && this.mayHold(entry.socket)) yield entry.socket;
    }
  }

  private mayHold(socket: Socket<Data>): boolean {
    return this.set === undefined || this.set.has(socket);
  }
}
