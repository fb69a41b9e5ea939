import { checkInteger, checkKeys, maxTimeout, optionError } from "./option-values.ts";

/** How an endpoint finds peers that are gone without a word. All times are in milliseconds. */
export interface HeartbeatOptions {
  /**
   * A Ping is sent when nothing was received for this time, 1 to 2^31 - 1. Default 25,000: proxies
   * drop idle connections after 55 seconds (Heroku), 60 (nginx, AWS) or 100 (Cloudflare).
   */
  readonly interval?: number;
  /**
   * The connection ends with 1006 when nothing was received for this time after the Ping was
   * written, 1 to 2^31 - 1. It does not pass while the socket is paused. A Ping waits behind earlier
   * output: if none of that leaves for `interval` and `timeout` together, or as often as 256 KiB fit
   * into the write that is under way, the connection ends too.
   * `false`: Pings are sent, but their answers are not awaited. Default 20,000.
   */
  readonly timeout?: number | false;
}

/** Options of `serve` and `connect` that end connections. All times are in milliseconds. */
export interface LifeOptions {
  /**
   * Sends a Ping to a peer that was silent for a while, and ends the connection if nothing comes
   * back. Anything received counts, so the heartbeat of one endpoint is enough and busy connections
   * send no Pings. Sending does not count: TCP may take minutes to notice that nobody receives.
   * Default: on. `false` turns it off.
   */
  heartbeat?: HeartbeatOptions | false;
  /**
   * Closes the connection with 1001 when no message was sent or received for this time, 1 to
   * 2^31 - 1. Pings and Pongs do not count. Default: never.
   */
  idleTimeout?: number;
  /**
   * Closes the connection with 1012 when it has been open for this time, 1 to 2^31 - 1, or up to 10%
   * less: clients that connected together do not reconnect together. Reconnecting clients spread
   * over all servers of a fleet, new ones too. Default: never.
   */
  maxLifetime?: number;
}

/** Validated options. All times are in milliseconds, 0 for none. */
export interface LifeTimes {
  readonly interval: number;
  readonly timeout: number;
  readonly idle: number;
  readonly lifetime: number;
}

/**
 * Validates the options and fills in their defaults.
 *
 * @throws TypeError or RangeError that names the option and its value.
 */
export function lifeTimes(options: LifeOptions): LifeTimes {
  const check = (name: string, value: number) => checkInteger(name, value, 1, maxTimeout);
  const { heartbeat = {}, idleTimeout, maxLifetime } = options;
  const others = {
    idle: idleTimeout === undefined ? 0 : check("idleTimeout", idleTimeout),
    lifetime: maxLifetime === undefined ? 0 : check("maxLifetime", maxLifetime),
  };
  if (heartbeat === false) return { interval: 0, timeout: 0, ...others };
  if (typeof heartbeat !== "object" || heartbeat === null) {
    throw optionError("heartbeat", heartbeat, "an object or false");
  }
  checkKeys("heartbeat", heartbeat, ["interval", "timeout"]);
  const { interval = 25_000, timeout = 20_000 } = heartbeat;
  return {
    interval: check("heartbeat.interval", interval),
    timeout: timeout === false ? 0 : check("heartbeat.timeout", timeout),
    ...others,
  };
}
