import { type AbortSignal, globals, setBackgroundTimer, type Timer } from "../runtime/globals.ts";
import { type DropReason, Outbox, type QueueOptions } from "./outbox.ts";
import {
  type ConnectionFailure,
  delayOf,
  isRetried,
  type RetryOptions,
  type RetryPolicy,
  retryPolicy,
} from "./policy.ts";

/**
 * - "connecting": a try is under way, or `onConnect` has not finished.
 * - "open": messages can be sent.
 * - "waiting": until the next try.
 * - "closed": for good.
 */
export type ReconnectingState = "connecting" | "open" | "waiting" | "closed";

/** A change of the state. */
export interface StateChange {
  readonly state: ReconnectingState;
  /** Number of tries since the last good connection, the current one included. */
  readonly tries: number;
  /** If "waiting": milliseconds until the next try; undefined while `shouldRetry` decides. */
  readonly delay: number | undefined;
  /** If "waiting" or "closed": what has ended the connection or the try. */
  readonly failure: ConnectionFailure | undefined;
}

/** Options of what happens when connections come and go. */
export interface ReconnectOptions<Socket, Data> extends RetryOptions {
  /**
   * Called with each new connection, to subscribe again for example. Nothing else is sent before it
   * has returned, or what it returned has resolved. If it throws or rejects, the connection is ended
   * and counts as a failed try.
   */
  onConnect?(socket: Socket): unknown;
  /** Called after each change of `state`. */
  onChange?(change: StateChange): void;
  /**
   * Keeps what is sent while there is no connection, until there is one. `true` uses the defaults of
   * `QueueOptions`. Default false: `send` returns "dropped".
   */
  queue?: boolean | QueueOptions;
  /** Called with each message of the queue that will not be sent. */
  onDropped?(data: Data, reason: DropReason): void;
}

/** One connection. */
export interface Link<Socket, Data> {
  readonly socket: Socket;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<ConnectionFailure>;
  /** Whether the connection is open: it is not closing. */
  isOpen(): boolean;
  send(data: Data): "sent" | "queued" | "dropped";
  close(statusCode?: number, reason?: string): void;
  /** Ends the connection at once. */
  terminate(): void;
  /** Asks the peer for a sign of life. Resolves when it came; undefined if that cannot be done. */
  probe(): Promise<void> | undefined;
}

/** Opens the connections of a `Reconnection`. */
export interface Connector<Socket, Data> {
  /** Opens a connection. Rejects if it cannot; see `explain`. */
  open(attempt: number, signal: AbortSignal): Promise<Link<Socket, Data>>;
  /** Says what a rejection of `open` means. */
  explain(error: unknown): ConnectionFailure;
  /** The length of a message in bytes. */
  lengthOf(data: Data): number;
  /** Returns a copy, if the caller may modify the message. */
  copy(data: Data): Data;
  /** Takes an error of a function of the options. Does not throw. */
  report(error: unknown): void;
}

/** There will be no connection any more. */
export class ReconnectingError extends Error {
  override readonly name = "ReconnectingError";
  /**
   * - "WS_ERR_NOT_RETRIED": another try would not help, or `shouldRetry` said no.
   * - "WS_ERR_GAVE_UP": after `maxTries` or `giveUpAfter`.
   * - "WS_ERR_CLOSED": `close` was called.
   */
  readonly code: "WS_ERR_NOT_RETRIED" | "WS_ERR_GAVE_UP" | "WS_ERR_CLOSED";
  /** What has ended the last connection or try. */
  readonly failure: ConnectionFailure | undefined;

  constructor(
    code: ReconnectingError["code"],
    text: string,
    failure: ConnectionFailure | undefined,
  ) {
    super(`${text} (${code})`, { cause: failure?.error });
    this.code = code;
    this.failure = failure;
  }
}

/** Time in milliseconds between looks at the clock while a connection is open. */
const lookInterval = 5_000;
/** So much later than that, the machine has slept. */
const sleepTime = 10_000;

/** The events of browsers; no runtime but them has them. */
const events = globalThis as unknown as {
  addEventListener?(type: "online", listener: () => void): void;
  removeEventListener?(type: "online", listener: () => void): void;
};

interface Waiter<Socket> {
  readonly resolve: (socket: Socket) => void;
  readonly reject: (error: Error) => void;
}

/** Keeps a connection to a server: opens another one when it is lost, as the policy says. */
export class Reconnection<Socket, Data> {
  state: ReconnectingState = "connecting";
  /** The open connection, if there is one. */
  socket: Socket | undefined = undefined;
  /** Resolves when the state is "closed" and the last connection has ended. Never rejects. */
  readonly closed: Promise<ReconnectingError>;
  private readonly connector: Connector<Socket, Data>;
  private readonly options: ReconnectOptions<Socket, Data>;
  private readonly policy: RetryPolicy;
  private readonly outbox: Outbox<Data> | undefined;
  private resolveClosed: (error: ReconnectingError) => void = () => {};
  private end: ReconnectingError | undefined = undefined;
  private waiters: Waiter<Socket>[] = [];
  /** The connection that has not ended: also while `onConnect` runs, and while it is closing. */
  private link: Link<Socket, Data> | undefined = undefined;
  private openedAt = 0;
  private abort = new globals.AbortController();
  private timer: Timer | undefined = undefined;
  private lookTimer: Timer | undefined = undefined;
  /** When the delays and limits began. */
  private since = globals.performance.now();
  private tries = 0;
  private round = 0;

  /** @throws RangeError with the code WS_ERR_INVALID_OPTION. */
  constructor(connector: Connector<Socket, Data>, options: ReconnectOptions<Socket, Data>) {
    this.connector = connector;
    this.options = options;
    this.policy = retryPolicy(options);
    const { queue } = options;
    if (queue) {
      this.outbox = new Outbox(queue === true ? {} : queue, (data, reason) =>
        this.guard(() => options.onDropped?.(data, reason)),
      );
    }
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
    events.addEventListener?.("online", this.retryNow);
    // The caller can still set what its functions use.
    globals.queueMicrotask(() => void this.connect());
  }

  /**
   * Resolves when a connection is open, at once if one is. Rejects with a `ReconnectingError` when
   * there will be none any more.
   */
  get ready(): Promise<Socket> {
    if (this.socket !== undefined) return Promise.resolve(this.socket);
    if (this.end !== undefined) return Promise.reject(this.end);
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  /** Number of bytes in the queue. */
  get queuedAmount(): number {
    return this.outbox?.length ?? 0;
  }

  /** Sends a message, or queues it if the option `queue` is set. */
  send(data: Data): "sent" | "queued" | "dropped" {
    const { connector, link, outbox } = this;
    if (link !== undefined && this.socket !== undefined) {
      const result = link.send(data);
      // A connection that is closing takes no more, and the next one may.
      if (result !== "dropped" || link.isOpen()) return result;
    }
    if (outbox === undefined || this.end !== undefined) return "dropped";
    return outbox.add(connector.copy(data), connector.lengthOf(data)) ? "queued" : "dropped";
  }

  /** Tries at once if it waits; probes the connection if it is open. */
  readonly retryNow = (): void => {
    if (this.socket !== undefined) this.probe();
    else if (this.timer !== undefined) void this.connect();
  };

  /** Ends the connection and all further tries. */
  close(statusCode?: number, reason?: string): void {
    this.link?.close(statusCode, reason);
    this.finish("WS_ERR_CLOSED", "the connection was closed", undefined);
  }

  private async connect(): Promise<void> {
    if (this.end !== undefined) return;
    globals.clearTimeout(this.timer);
    this.timer = undefined;
    this.abort = new globals.AbortController();
    const { connector, abort, tries } = this;
    this.tries++;
    this.change("connecting");
    let link: Link<Socket, Data>;
    try {
      link = await connector.open(tries, abort.signal);
    } catch (error) {
      if (this.end === undefined) await this.failed(connector.explain(error));
      return;
    }
    if (this.end !== undefined) return link.terminate();
    this.link = link;
    this.openedAt = globals.performance.now();
    let failure: ConnectionFailure | undefined;
    void link.closed.then((ended) => this.ended(failure ?? ended));
    try {
      await this.options.onConnect?.(link.socket);
    } catch (error) {
      failure = { statusCode: 0, reason: "", status: 0, error };
      connector.report(error);
      return link.terminate();
    }
    if (this.link === link && this.end === undefined) this.opened(link);
  }

  private opened(link: Link<Socket, Data>): void {
    this.socket = link.socket;
    this.outbox?.flush((data) => link.send(data) !== "dropped");
    this.look();
    this.change("open");
    for (const { resolve } of this.waiters.splice(0)) resolve(link.socket);
  }

  private ended(failure: ConnectionFailure): void {
    this.link = this.socket = undefined;
    globals.clearTimeout(this.lookTimer);
    if (this.end !== undefined) return this.resolveClosed(this.end);
    const now = globals.performance.now();
    if (now - this.openedAt >= this.policy.stableAfter) {
      this.tries = this.round = 0;
      this.since = now;
    }
    void this.failed(failure);
  }

  private async failed(failure: ConnectionFailure): Promise<void> {
    const { policy } = this;
    let retries = isRetried(failure);
    if (retries === undefined) {
      this.change("waiting", failure);
      try {
        retries = await this.options.shouldRetry?.(failure);
      } catch (error) {
        this.connector.report(error);
      }
      if (this.end !== undefined) return;
    }
    if (!retries) return this.finish("WS_ERR_NOT_RETRIED", "it is not tried again", failure);
    const delay = delayOf(policy, this.round++, failure, Math.random(), Date.now());
    const time = globals.performance.now() + delay - this.since;
    if (this.tries >= policy.maxTries || time > policy.giveUpAfter)
      return this.finish("WS_ERR_GAVE_UP", `${this.tries} tries have failed`, failure);
    this.timer = globals.setTimeout(() => void this.connect(), delay, undefined);
    this.change("waiting", failure, delay);
  }

  private finish(
    code: ReconnectingError["code"],
    text: string,
    failure: ConnectionFailure | undefined,
  ): void {
    if (this.end !== undefined) return;
    this.end = new ReconnectingError(code, text, failure);
    this.socket = undefined;
    globals.clearTimeout(this.timer);
    globals.clearTimeout(this.lookTimer);
    this.timer = undefined;
    events.removeEventListener?.("online", this.retryNow);
    this.abort.abort();
    this.outbox?.clear();
    this.change("closed", failure);
    for (const { reject } of this.waiters.splice(0)) reject(this.end);
    if (this.link === undefined) this.resolveClosed(this.end);
  }

  private change(state: ReconnectingState, failure?: ConnectionFailure, delay?: number): void {
    this.state = state;
    this.guard(() => this.options.onChange?.({ state, tries: this.tries, delay, failure }));
  }

  /** Looks at the clock now and then: a timer that is far too late means that the machine slept. */
  private look(): void {
    const start = globals.performance.now();
    this.lookTimer = setBackgroundTimer(() => {
      if (globals.performance.now() - start > lookInterval + sleepTime) this.probe();
      this.look();
    }, lookInterval);
  }

  /** Ends the connection unless the peer gives a sign of life. */
  private probe(): void {
    const { link } = this;
    const answer = link?.probe();
    if (answer === undefined) return;
    const end = () => {
      if (this.link === link) link?.terminate();
    };
    const timer = setBackgroundTimer(end, this.policy.probeTimeout);
    answer.then(
      () => globals.clearTimeout(timer),
      (error) => this.connector.report(error),
    );
  }

  private guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.connector.report(error);
    }
  }
}
