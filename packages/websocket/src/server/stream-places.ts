import { Deadlines, type Expirable } from "../timing/deadlines.ts";

/**
 * Bounds the opening handshakes of each HTTP/2 connection, so that one connection cannot take those
 * of the whole server. The request of a stream is complete from the start, so that none gives way as
 * in `IncompleteRequests`. A stream has a place until it is closed or is a WebSocket, and `accept` has
 * settled: a client that resets its streams does not end the work that it has caused
 * (CVE-2023-44487).
 */
export class StreamPlaces {
  /** Number of handshakes that one connection may have. */
  readonly max: number;
  private readonly connections = new WeakMap<object, ConnectionPlaces>();
  /** Places of calls of `accept`. One that never settles keeps its place for this long. */
  private readonly asking: Deadlines<StreamPlace>;

  /** @param handshakeTimeout - In milliseconds. */
  constructor(maxPendingHandshakes: number, handshakeTimeout: number) {
    this.max = Math.ceil(maxPendingHandshakes / 10);
    this.asking = new Deadlines(handshakeTimeout, (place) => place.settled());
  }

  /** @param connection - Identifies the HTTP/2 connection. */
  take(connection: object): StreamPlace {
    const known = this.connections.get(connection);
    const places = known ?? { taken: 0 };
    if (known === undefined) this.connections.set(connection, places);
    return new StreamPlace(places, this.asking);
  }

  /** No place is taken any more. */
  end(): void {
    for (const place of this.asking.waiting) place.settled();
    this.asking.end();
  }
}

interface ConnectionPlaces {
  taken: number;
}

/** The place of one stream. */
export class StreamPlace implements Expirable {
  /** Written by `Deadlines` only. */
  deadlineIndex = -1;
  /** Number of places that the connection had taken before. */
  readonly index: number;
  private readonly places: ConnectionPlaces;
  private readonly askingPlaces: Deadlines<StreamPlace>;
  private isAsking = false;
  private hasLeft = false;

  constructor(places: ConnectionPlaces, askingPlaces: Deadlines<StreamPlace>) {
    this.index = places.taken++;
    this.places = places;
    this.askingPlaces = askingPlaces;
  }

  /** `accept` is pending. */
  asks(): void {
    this.isAsking = true;
    this.askingPlaces.add(this);
  }

  /** `accept` is not pending any more. */
  settled(): void {
    if (!this.isAsking) return;
    this.isAsking = false;
    this.askingPlaces.delete(this);
    if (this.hasLeft) this.places.taken--;
  }

  /** The stream is closed, or is a WebSocket. */
  leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    if (!this.isAsking) this.places.taken--;
  }
}

/** See the constructor of `StreamPlaces`. */
export function createPlaces(maxPendingHandshakes: number, handshakeTimeout: number): StreamPlaces {
  return new StreamPlaces(maxPendingHandshakes, handshakeTimeout);
}
