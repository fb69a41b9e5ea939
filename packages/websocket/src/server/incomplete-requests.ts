import { networkOf } from "./client-network.ts";

/** A connection whose request is not complete, or whose TLS handshake is not done. */
export interface IncompleteRequest {
  /** Ends it, because others need its place. Called once, after it has left. */
  evict(): void;
}

/**
 * The connections whose request is not complete. They wait for the client, so they give way when
 * `maxPendingHandshakes` is reached; those that wait for `accept` do not.
 *
 * The one that gives way is the oldest of the client that has most of them, if that client has more
 * than a tenth of all places, and otherwise the oldest of all. An honest client sends its request at
 * once, so that it is among the youngest: a flood evicts it only if it fills all places within the
 * client's round trip, and from one address not even then. All operations take constant time, because
 * a flood calls them most. Clients are told apart as in `ClientLimits`.
 */
export class IncompleteRequests {
  /** Number of requests from which on a client gives way first. */
  private readonly share: number;
  private readonly all = new Queue();
  /** By client. A client without a request has no entry. */
  private readonly clients = new Map<string, Queue>();
  /**
   * The client that last had as many as any before it. It may have fewer than another by now, which
   * takes its place with its next request.
   */
  private largest = new Queue();

  constructor(maxPendingHandshakes: number) {
    this.share = Math.ceil(maxPendingHandshakes / 10);
  }

  get size(): number {
    return this.all.size;
  }

  /**
   * @param address - The client's IP address, or "".
   * @returns Its place.
   */
  add(request: IncompleteRequest, address: string): RequestPlace {
    const key = networkOf(address);
    const client = this.clients.get(key) ?? new Queue();
    if (client.size === 0) this.clients.set(key, client);
    const place = new RequestPlace(request, this, client, key);
    this.all.append(place.inAll);
    client.append(place.inClient);
    if (client.size >= this.largest.size) this.largest = client;
    return place;
  }

  /** Returns the one that gives way next; undefined if there is none. */
  get next(): RequestPlace | undefined {
    const { largest, all, share } = this;
    return (largest.size > share ? largest : all).first;
  }

  /** Called by `RequestPlace.leave`. */
  remove({ inAll, inClient, client, key }: RequestPlace): void {
    this.all.remove(inAll);
    client.remove(inClient);
    if (client.size === 0) this.clients.delete(key);
  }
}

/** The place of one request among those that are not complete. */
export class RequestPlace {
  readonly request: IncompleteRequest;
  readonly client: Queue;
  readonly key: string;
  readonly inAll = new Link(this);
  readonly inClient = new Link(this);
  private readonly requests: IncompleteRequests;
  private hasLeft = false;

  constructor(
    request: IncompleteRequest,
    requests: IncompleteRequests,
    client: Queue,
    key: string,
  ) {
    this.request = request;
    this.requests = requests;
    this.client = client;
    this.key = key;
  }

  /** The request is complete, or the connection has ended. */
  leave(): void {
    if (this.hasLeft) return;
    this.hasLeft = true;
    this.requests.remove(this);
  }

  evict(): void {
    this.leave();
    this.request.evict();
  }
}

/** A position in a `Queue`. */
class Link {
  readonly place: RequestPlace;
  before: Link | undefined = undefined;
  after: Link | undefined = undefined;

  constructor(place: RequestPlace) {
    this.place = place;
  }
}

/** Places, oldest first. A linked list: any place is removed in constant time. */
class Queue {
  size = 0;
  private oldest: Link | undefined = undefined;
  private newest: Link | undefined = undefined;

  get first(): RequestPlace | undefined {
    return this.oldest?.place;
  }

  append(link: Link): void {
    const { newest } = this;
    link.before = newest;
    if (newest === undefined) this.oldest = link;
    else newest.after = link;
    this.newest = link;
    this.size++;
  }

  remove(link: Link): void {
    const { before, after } = link;
    if (before === undefined) this.oldest = after;
    else before.after = after;
    if (after === undefined) this.newest = before;
    else after.before = before;
    // A place that has left must not keep others alive.
    link.before = link.after = undefined;
    this.size--;
  }
}
