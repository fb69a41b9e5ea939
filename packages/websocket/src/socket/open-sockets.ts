import type { WebSocket } from "./socket.ts";

/** Where a socket stands in the list of those that nobody has looked at. */
export interface Listed<Data> {
  readonly socket: WebSocket<Data>;
  listPlace: number;
}

/**
 * The open sockets of a server: a list, until somebody asks for the `Set`.
 *
 * In V8 a `Set` that makes room leaves a table behind that refers to the next one. As soon as one of them has
 * outlived some collections of the young generation, all that was in later ones does as well, gone or not: under a
 * load of short connections that was 3 us for each.
 */
export class OpenSockets<Data> implements Iterable<WebSocket<Data>> {
  private listed: (Listed<Data> | undefined)[] = [];
  /** Places that are free; those beyond the end of the list are to be passed over. */
  private readonly free: number[] = [];
  private set: Set<WebSocket<Data>> | undefined = undefined;

  add(entry: Listed<Data>): void {
    if (this.set !== undefined) {
      this.set.add(entry.socket);
      return;
    }
    const { listed, free } = this;
    let place = free.pop() ?? listed.length;
    while (place > listed.length) place = free.pop() ?? listed.length;
    entry.listPlace = place;
    listed[place] = entry;
  }

  delete(entry: Listed<Data>): void {
    if (this.set !== undefined) {
      this.set.delete(entry.socket);
      return;
    }
    const { listed, free } = this;
    if (listed[entry.listPlace] !== entry) return;
    listed[entry.listPlace] = undefined;
    free.push(entry.listPlace);
    while (listed.length > 0 && listed[listed.length - 1] === undefined) listed.pop();
    if (listed.length === 0) free.length = 0;
  }

  /** All of them, now and later. */
  asSet(): ReadonlySet<WebSocket<Data>> {
    if (this.set === undefined) {
      this.set = new Set(this);
      // Not emptied: somebody may still be going through it.
      this.listed = [];
    }
    return this.set;
  }

  *[Symbol.iterator](): Iterator<WebSocket<Data>> {
    if (this.set !== undefined) return yield* this.set;
    for (const entry of this.listed) {
      if (entry !== undefined && this.mayHold(entry.socket)) yield entry.socket;
    }
  }

  private mayHold(socket: WebSocket<Data>): boolean {
    return this.set === undefined || this.set.has(socket);
  }
}
