import type { Socket } from "./socket.ts";

/** Where a socket stands in the list of those that nobody has looked at. */
export interface SocketEntry<Data> {
  readonly socket: Socket<Data>;
  listIndex: number;
}

/**
 * The open sockets of a server: a list, until somebody asks for the `Set`.
 *
 * In V8 a `Set` that makes room leaves a table behind that refers to the next one. As soon as one of them has
 * outlived some collections of the young generation, all that was in later ones does as well, gone or not: under a
 * load of short connections that was 3 us for each.
 */
export class OpenSockets<Data> implements Iterable<Socket<Data>> {
  private entries: (SocketEntry<Data> | undefined)[] = [];
  /** Places that are free; those beyond the end of the list are to be passed over. */
  private readonly free: number[] = [];
  private set: Set<Socket<Data>> | undefined = undefined;

  add(entry: SocketEntry<Data>): void {
    if (this.set !== undefined) {
      this.set.add(entry.socket);
      return;
    }
    const { entries, free } = this;
    let place = free.pop() ?? entries.length;
    while (place > entries.length) place = free.pop() ?? entries.length;
    entry.listIndex = place;
    entries[place] = entry;
  }

  delete(entry: SocketEntry<Data>): void {
    if (this.set !== undefined) {
      this.set.delete(entry.socket);
      return;
    }
    const { entries, free } = this;
    if (entries[entry.listIndex] !== entry) return;
    entries[entry.listIndex] = undefined;
    free.push(entry.listIndex);
    while (entries.length > 0 && entries[entries.length - 1] === undefined) entries.pop();
    if (entries.length === 0) free.length = 0;
  }

  /** All of them, now and later. */
  asSet(): ReadonlySet<Socket<Data>> {
    if (this.set === undefined) {
      this.set = new Set(this);
      // Not emptied: somebody may still be going through it.
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
