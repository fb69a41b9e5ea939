import { type Connection, ConnectionState, StatusCode } from "@framewright/codec";
import type { LimitAction, LimitName } from "../diagnostics.ts";
import type { LifeTimes } from "../options/life-options.ts";
import { globals } from "../runtime/globals.ts";
import { TimerWheel, type WheelItem } from "../timing/timer-wheel.ts";
import { TerminationError } from "./termination-error.ts";

/** Values of `pingTick` other than the tick at which the Ping was written. */
const noPing = 0;
/** The timeout has passed. What has arrived meanwhile is read before the connection is given up. */
const lastChance = -1;
/** The Ping is queued. A lower value is lower by the bytes that must leave the queue with it. */
export const pingQueued = -2;

/** A slow peer reads at least this many bytes in the time after which output counts as stalled. */
const stallLength = 262_144;

/** The part of a session that `Life` watches. `Life` writes all of it, unless it says otherwise. */
export interface LivingSession extends WheelItem {
  readonly connection: Connection;
  readonly transport: { readonly pending: number };
  readonly transportPaused: boolean;
  /**
   * When bytes were last received. Negative while none came since the last Ping: -1 minus the tick
   * at which the Ping was queued, or output was last written before it. Written by the session too.
   */
  receivedTick: number;
  /** When a message was last sent or received. Written by the session. */
  messageTick: number;
  /** When the Ping that is not answered yet was written, or one of the values above. */
  pingTick: number;
  /** When the Ping was queued, in microseconds modulo 2^30, which also is its payload; -1 for none. */
  pingTime: number;
  /** Duration of the last round trip in microseconds; -1 if there was none. */
  latencyTime: number;
  flush(): void;
  reachedLimit(name: LimitName, action: LimitAction): void;
  close(statusCode: number, reason: string): void;
  failed(error: Error): void;
}

/** Each duration takes at least this many ticks, so that it is exceeded by at most a sixteenth. */
const ticksPerDuration = 16;

/**
 * Ends open connections: those whose peer is gone, those that carry no messages, and those that are
 * old.
 */
export class Life extends TimerWheel<LivingSession> {
  /** Durations in ticks, 0 for none. */
  private readonly interval: number;
  private readonly timeout: number;
  private readonly idle: number;
  private readonly lifetime: number;
  private readonly isOff: boolean;
  /** When lifetimes end. Empty without `maxLifetime`, so that it costs the others nothing. */
  private readonly endTicks = new Map<LivingSession, number>();

  constructor(times: LifeTimes) {
    const used = Object.values(times).filter((time) => time > 0);
    const tickLength = Math.max(1, Math.floor(Math.min(...used, 2 ** 30) / ticksPerDuration));
    super(tickLength);
    // One more, because the current tick has begun already.
    const ticks = (time: number) => (time > 0 ? Math.ceil(time / tickLength) + 1 : 0);
    this.interval = ticks(times.interval);
    this.timeout = ticks(times.timeout);
    this.idle = ticks(times.idle);
    this.lifetime = ticks(times.lifetime);
    this.isOff = used.length === 0;
  }

  /** Starts to watch a session whose connection has just opened. */
  watch(session: LivingSession): void {
    if (this.isOff) return;
    this.add(session, 1);
    session.receivedTick = session.messageTick = this.tick;
    if (this.lifetime === 0) return;
    const lifetime = Math.ceil(this.lifetime * (0.9 + 0.1 * Math.random()));
    this.endTicks.set(session, this.tick + lifetime);
  }

  override delete(session: LivingSession): void {
    super.delete(session);
    if (this.lifetime > 0) this.endTicks.delete(session);
  }

  /** The session reads again. What its peer sent while it was paused may still be on its way. */
  resumed(session: LivingSession): void {
    session.receivedTick = this.tick;
  }

  /** Called for each write while a Ping is queued. */
  wrote(session: LivingSession, length: number): void {
    session.pingTick = Math.min(session.pingTick + length, pingQueued);
    if (length > 0 && session.receivedTick < 0) session.receivedTick = -1 - this.tick;
  }

  /** Called while a Ping is queued, when the transport has taken as much as it can. */
  wroteAll(session: LivingSession): void {
    if (session.pingTick < pingQueued || session.transport.pending > 0) return;
    session.pingTick = this.tick;
  }

  /** Takes a Pong. Returns whether it answers the Ping of the heartbeat. */
  isAnswered(session: LivingSession, payload: Uint8Array): boolean {
    if (session.pingTime < 0 || payload.length !== 4) return false;
    const time = (payload[0] << 24) | (payload[1] << 16) | (payload[2] << 8) | payload[3];
    if (time !== session.pingTime) return false;
    session.latencyTime = (microseconds() - session.pingTime) & timeMask;
    session.pingTime = -1;
    return true;
  }

  protected override due(session: LivingSession): number {
    const { tick } = this;
    let ticks = Number.POSITIVE_INFINITY;
    if (this.lifetime > 0) {
      ticks = (this.endTicks.get(session) as number) - tick;
      if (ticks <= 0) {
        session.reachedLimit("maxLifetime", "closed");
        return this.close(session, StatusCode.ServiceRestart, "maximum lifetime");
      }
    }
    if (this.idle > 0) {
      const left = session.messageTick + this.idle - tick;
      if (left <= 0) {
        session.reachedLimit("idleTimeout", "closed");
        return this.close(session, StatusCode.GoingAway, "idle timeout");
      }
      ticks = Math.min(ticks, left);
    }
    return this.interval > 0 ? Math.min(ticks, this.beat(session)) : ticks;
  }

  private close(session: LivingSession, statusCode: number, reason: string): number {
    session.close(statusCode, reason);
    return 0;
  }

  /** Sends or awaits a Ping. Returns the number of ticks until the next call, 0 for none. */
  private beat(session: LivingSession): number {
    if (session.receivedTick >= 0) {
      session.pingTick = noPing;
      const left = session.receivedTick + this.interval - this.tick;
      return left > 0 ? left : this.ping(session);
    }
    const isQueued = session.pingTick <= pingQueued;
    if (this.timeout === 0 || session.transportPaused) {
      return isQueued ? this.interval : this.ping(session);
    }
    if (isQueued) return this.awaitProgress(session);
    if (session.pingTick !== lastChance) {
      const left = session.pingTick + this.timeout - this.tick;
      if (left > 0) return Math.min(left, this.interval);
      session.pingTick = lastChance;
      return 1;
    }
    return this.giveUp(session, "the peer did not answer the heartbeat");
  }

  /** The Ping waits behind other output. A peer that reads none of it is as good as gone. */
  private awaitProgress(session: LivingSession): number {
    // A transport may report a long write only when all of it is done, so that it gets longer.
    const factor = 1 + Math.floor(session.transport.pending / stallLength);
    const limit = (this.interval + this.timeout) * factor;
    const left = limit - (this.tick + 1 + session.receivedTick);
    if (left > 0) return Math.min(left, this.interval);
    // After a long turn of the event loop, what the peer has read meanwhile is not known yet.
    if (this.isLate) return 1;
    return this.giveUp(session, "the peer reads nothing, so the heartbeat cannot be written");
  }

  private giveUp(session: LivingSession, reason: string): number {
    session.failed(new TerminationError("WS_ERR_HEARTBEAT_TIMEOUT", reason));
    return 0;
  }

  private ping(session: LivingSession): number {
    const { connection } = session;
    const time = microseconds();
    session.pingTime = time;
    pingPayload[0] = time >>> 24;
    pingPayload[1] = time >>> 16;
    pingPayload[2] = time >>> 8;
    pingPayload[3] = time;
    if (!connection.ping(pingPayload)) return 0;
    session.receivedTick = -1 - this.tick;
    session.pingTick = pingQueued - connection.queuedLength;
    session.flush();
    // The write may have ended the connection: a handler that it calls, or the transport.
    if (connection.state !== ConnectionState.Open) return 0;
    // The answer may come at once, and then the interval decides when the next Ping is due.
    return this.timeout === 0 ? this.interval : Math.min(this.interval, this.timeout);
  }
}

/** The payload of each Ping, which the connection copies. A new one costs as much as the frame. */
const pingPayload = new Uint8Array(4);

const timeMask = 2 ** 30 - 1;

/** A clock that fits the small integers of the engines. */
function microseconds(): number {
  return (globals.performance.now() * 1_000) & timeMask;
}

/** Returns the `Life` with these times, so that one timer serves all sockets that have them. */
export function lifeFor(lives: Map<string, Life>, times: LifeTimes): Life {
  const key = Object.values(times).join();
  const life = lives.get(key) ?? new Life(times);
  lives.set(key, life);
  return life;
}
