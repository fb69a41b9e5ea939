/**
 * How a connection ended, or why it could not be opened.
 */
export interface ConnectionFailure {
  /** The status code of an open connection's end; 1006 if none was received. 0: it never opened. */
  readonly statusCode: number;
  /** From the peer's Close frame, or "". */
  readonly reason: string;
  /** The HTTP status of a refused opening handshake, or 0. Browsers do not tell it. */
  readonly status: number;
  /** The value of the response's `Retry-After` header. */
  readonly retryAfter?: string | undefined;
  /** The error of the connection, or what a function of the options has thrown. */
  readonly error?: unknown;
  /** Whether another try would fail in the same way, such as for an invalid URL. */
  readonly isLasting?: boolean;
}

/** Options of when to try again. All times are in milliseconds. */
export interface RetryOptions {
  /**
   * The longest time before the first retry. It doubles with each one, up to `maxDelay`. The time is
   * chosen at random between 0 and that bound (full jitter), so that the clients of a server that
   * restarts do not come back all at once. Default 500.
   */
  minDelay?: number;
  /** The bound of the doubling. Default 30,000. */
  maxDelay?: number;
  /**
   * How long a connection must have been open to count as good, so that delays and limits start
   * anew when it is lost. Default 5,000: a server that closes every new connection gets no storm.
   */
  stableAfter?: number;
  /** How many tries in a row may fail before it gives up, from 1. Default: no limit. */
  maxTries?: number;
  /** How long it tries, since the start or since a good connection was lost. Default: no limit. */
  giveUpAfter?: number;
  /**
   * The longest time that a `Retry-After` header of the server is heeded. Default 3,600,000, so that
   * a wrong header does not end the connection for good.
   */
  maxRetryAfter?: number;
  /**
   * How long the peer may take to answer the probe after the machine slept or is online again.
   * Default 5,000: a peer that is there answers sooner, and one that is not must not be waited for.
   */
  probeTimeout?: number;
  /**
   * Decides in cases that the library cannot: the status codes 1000 and 3000 to 4999, and HTTP
   * statuses such as 401 and 403. It may get a new token before it returns true. If it throws or
   * rejects, there is no retry. Default: false.
   */
  shouldRetry?(failure: ConnectionFailure): boolean | Promise<boolean>;
}

/** The values of `RetryOptions`, with their defaults. */
export type RetryPolicy = Required<Omit<RetryOptions, "shouldRetry">>;

const defaults: RetryPolicy = {
  minDelay: 500,
  maxDelay: 30_000,
  stableAfter: 5_000,
  maxTries: Number.POSITIVE_INFINITY,
  giveUpAfter: Number.POSITIVE_INFINITY,
  maxRetryAfter: 3_600_000,
  probeTimeout: 5_000,
};

/** The longest delay of a timer, in milliseconds. */
const maxTimeout = 2 ** 31 - 1;

/**
 * Validates the options and fills in their defaults.
 *
 * @throws RangeError with the code WS_ERR_INVALID_OPTION.
 */
export function retryPolicy(options: RetryOptions): RetryPolicy {
  const policy = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof RetryPolicy)[]) {
    const most = defaults[name] === Number.POSITIVE_INFINITY ? defaults[name] : maxTimeout;
    policy[name] = checkNumber(name, options[name] ?? defaults[name], most);
  }
  return policy;
}

/** @throws RangeError with the code WS_ERR_INVALID_OPTION if it is not a number from 1 to `most`. */
export function checkNumber(name: string, value: unknown, most: number): number {
  if (typeof value === "number" && value >= 1 && value <= most) return value;
  const code = "WS_ERR_INVALID_OPTION";
  const message = `option ${name} must be a number from 1 to ${most}, got ${String(value)}`;
  throw Object.assign(new RangeError(`${message} (${code})`), { code });
}

/** Returns whether to try again; undefined if `shouldRetry` decides. */
export function isRetried(failure: ConnectionFailure): boolean | undefined {
  const { statusCode, status, isLasting } = failure;
  if (isLasting) return false;
  if (status > 0) return status === 429 || status >= 500 ? true : undefined;
  // 1002, 1003 and 1007 to 1010: one of the two would do the same again.
  if (statusCode === 1000 || statusCode >= 3000) return undefined;
  return [0, 1001, 1005, 1006, 1011, 1012, 1013, 1014].includes(statusCode);
}

/**
 * Returns the time before a try in milliseconds: full jitter, after the time that the server asked
 * for.
 *
 * @param round - How many delays there were since the last good connection.
 * @param random - From 0 to 1, without 1.
 * @param date - The current time, as of `Date.now()`.
 */
export function delayOf(
  { minDelay, maxDelay, maxRetryAfter }: RetryPolicy,
  round: number,
  { retryAfter }: ConnectionFailure,
  random: number,
  date: number,
): number {
  const jitter = random * Math.min(maxDelay, minDelay * 2 ** round);
  return Math.floor(jitter + Math.min(retryAfterTime(retryAfter, date), maxRetryAfter));
}

/** Parses `Retry-After`: seconds or a date (RFC 9110 section 10.2.3). 0 if it is neither. */
function retryAfterTime(value: string | undefined, date: number): number {
  if (value === undefined) return 0;
  const text = value.trim();
  const time = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - date;
  return time > 0 ? time : 0;
}
