import { Deadlines, type Expirable } from "../timing/deadlines.ts";
import { OpenSockets } from "./open-sockets.ts";

/** A session whose closing handshake, or the end of whose transport, has a deadline. */
interface ClosingSession extends Expirable {
  expire(): void;
}

/** A session whose transport is paused. */
interface PausedSession extends Expirable {
  probePeer(): void;
}

/** The sockets of a server by their state. A client's socket has a group of its own. */
export class SocketGroup<Data> {
  /** Open sockets, from before the `open` handler until just before the `close` handler. */
  readonly open = new OpenSockets<Data>();
  /** Sockets in the closing handshake, or whose transport is ending. */
  readonly closing: Deadlines<ClosingSession>;
  /** Open sockets whose transport is paused. */
  readonly paused: Deadlines<PausedSession>;
  /** Whether the server is closing: no message handler is called any more. */
  isDeliveryOver = false;
  /** How to close the sessions whose turn it is. Those whose handler runs wait for it. */
  readonly shutDowns = new Map<object, () => void>();

  /** @param closeTimeout - In milliseconds. */
  constructor(closeTimeout: number) {
    this.closing = new Deadlines(closeTimeout, (session) => session.expire());
    this.paused = new Deadlines(closeTimeout, (session) => session.probePeer());
  }

  /** No socket will be added: the timers end with the last deadline. */
  end(): void {
    this.closing.end();
    this.paused.end();
  }
}
