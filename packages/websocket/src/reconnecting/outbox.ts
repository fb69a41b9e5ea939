import { globals, type Timer } from "../runtime/globals.ts";
import { checkNumber } from "./policy.ts";

/** Bounds of the messages that wait for a connection. */
export interface QueueOptions {
  /** Maximum number of bytes of all waiting messages; text counts in UTF-8. Default 1 MiB. */
  maxBytes?: number;
  /**
   * Maximum time in milliseconds that a message waits. Default 30,000: later, most messages say
   * something that is no longer true.
   */
  maxTime?: number;
}

/**
 * Why a message was not sent: the queue was full, it waited too long, or the connection was closed
 * for good.
 */
export type DropReason = "full" | "expired" | "closed";

interface Waiting<Data> {
  readonly data: Data;
  readonly length: number;
  readonly deadline: number;
}

/** Messages that wait for a connection, within bounds. */
export class Outbox<Data> {
  private readonly maxBytes: number;
  private readonly maxTime: number;
  private readonly dropped: (data: Data, reason: DropReason) => void;
  private readonly waiting: Waiting<Data>[] = [];
  /** Number of bytes that wait. */
  length = 0;
  private timer: Timer | undefined = undefined;

  /**
   * @param dropped - Called with each message that will not be sent. Does not throw.
   * @throws RangeError with the code WS_ERR_INVALID_OPTION.
   */
  constructor(options: QueueOptions, dropped: (data: Data, reason: DropReason) => void) {
    this.maxBytes = checkNumber("queue.maxBytes", options.maxBytes ?? 1_048_576, 2 ** 53);
    this.maxTime = checkNumber("queue.maxTime", options.maxTime ?? 30_000, 2 ** 31 - 1);
    this.dropped = dropped;
  }

  /** Adds a message. Returns whether there was space for it. */
  add(data: Data, length: number): boolean {
    if (this.length + length > this.maxBytes) {
      this.dropped(data, "full");
      return false;
    }
    this.length += length;
    this.waiting.push({ data, length, deadline: globals.performance.now() + this.maxTime });
    this.timer ??= globals.setTimeout(this.expire, this.maxTime, undefined);
    return true;
  }

  /** Passes messages on in their order, until `send` returns false. What it took is never repeated. */
  flush(send: (data: Data) => boolean): void {
    this.expire();
    while (this.waiting.length > 0 && send(this.waiting[0].data)) this.shift();
    this.expire();
  }

  /** Drops all messages, because none will be sent any more. */
  clear(): void {
    while (this.waiting.length > 0) this.dropped(this.shift(), "closed");
    this.expire();
  }

  /** Drops what waited too long, and sets the timer for the next one. */
  private readonly expire = (): void => {
    globals.clearTimeout(this.timer);
    this.timer = undefined;
    const now = globals.performance.now();
    while (this.waiting.length > 0 && this.waiting[0].deadline <= now)
      this.dropped(this.shift(), "expired");
    if (this.waiting.length === 0) return;
    this.timer ??= globals.setTimeout(
      this.expire,
      Math.ceil(this.waiting[0].deadline - now),
      undefined,
    );
  };

  private shift(): Data {
    const { data, length } = this.waiting.shift() as Waiting<Data>;
    this.length -= length;
    return data;
  }
}
