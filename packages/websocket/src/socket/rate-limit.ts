import { type MessageRate, type MessageRateOptions, messageRate } from "../options/rate-options.ts";
import { globals } from "../runtime/globals.ts";
import { Deadlines } from "../timing/deadlines.ts";

/** A session whose messages are counted. */
interface LimitedSession {
  /** Called when the next message is allowed. */
  continueReading(): void;
}

/** The messages of one session. */
class MessageCount {
  /** Written by `Deadlines` only. */
  deadlineIndex = -1;
  /** When the peer has its whole burst again, in milliseconds. */
  full = 0;
  readonly session: LimitedSession;

  constructor(session: LimitedSession) {
    this.session = session;
  }
}

/** Limits how many messages each peer sends. */
export class RateLimit {
  /** Whether a peer that sends more is disconnected, not paused. */
  readonly closes: boolean;
  private readonly interval: number;
  /** Time in which a peer that was silent gets its whole burst, in milliseconds. */
  private readonly span: number;
  /** By session, so that sockets without a limit need no memory for it. */
  private readonly counts = new Map<LimitedSession, MessageCount>();
  private readonly paused: Deadlines<MessageCount>;

  constructor({ interval, burst, closes }: MessageRate) {
    this.closes = closes;
    this.interval = interval;
    this.span = burst * interval;
    // Timers are no finer than a millisecond: a faster peer sends several messages in each.
    this.paused = new Deadlines(Math.max(interval, 1), (count) => this.expire(count));
    // The timer is needed, and keeps the process alive, only while a session is paused.
    this.paused.end();
  }

  /**
   * Counts a message. Returns false, and does not count it, if the peer has sent too many. With
   * `closes`, no later one is allowed then.
   */
  take(session: LimitedSession): boolean {
    const count = this.counts.get(session) ?? new MessageCount(session);
    this.counts.set(session, count);
    if (!this.allows(count)) {
      if (this.closes) count.full = Number.POSITIVE_INFINITY;
      return false;
    }
    count.full = Math.max(count.full, globals.performance.now()) + this.interval;
    return true;
  }

  /** Whether the session may get its next message at once. If not, it is called back. */
  isNextAllowed(session: LimitedSession): boolean {
    const count = this.counts.get(session);
    if (count === undefined || this.allows(count)) return true;
    this.paused.add(count);
    return false;
  }

  /** Called when the session has ended. */
  delete(session: LimitedSession): void {
    const count = this.counts.get(session);
    if (count === undefined) return;
    this.counts.delete(session);
    this.paused.delete(count);
  }

  private allows({ full }: MessageCount): boolean {
    const now = globals.performance.now();
    // Rounding must not refuse the last message of a burst.
    return Math.max(full, now) + this.interval - now <= this.span + 1e-6;
  }

  private expire(count: MessageCount): void {
    if (this.allows(count)) count.session.continueReading();
    else this.paused.add(count);
  }
}

/** Validates the option `messageRate`. Returns undefined if it is omitted. */
export function createRateLimit(option: MessageRateOptions | undefined): RateLimit | undefined {
  const rate = messageRate(option);
  return rate && new RateLimit(rate);
}
