import { HandshakeError } from "@framewright/codec";
import { checkInteger, checkKeys, optionError } from "../options/option-values.ts";
import { globals } from "../runtime/globals.ts";
import { networkOf } from "./client-network.ts";
import type { IncomingRequest } from "./incoming-request.ts";

/** How much one client may use of a server. */
export interface ClientLimitOptions {
  /**
   * Returns what identifies the client, of which 256 characters count; undefined exempts it. Default:
   * its IP address, of an IPv6 address the first 64 bits, because each subscriber has all of the
   * others. Behind a proxy every client has the proxy's address: use what your own proxy adds, such
   * as the last entry of `X-Forwarded-For`. Earlier entries are the client's own words.
   */
  readonly key?: (request: IncomingRequest) => string | undefined;
  /** Maximum number of open sockets of one client, 1 to 2^53 - 1. Default: no limit. */
  readonly connections?: number;
  /**
   * Maximum number of opening handshakes of one client per minute, 1 to 60,000. A client that was
   * silent for a minute may start as many at once. Default: no limit.
   */
  readonly handshakesPerMinute?: number;
}

const minute = 60_000;
const maxKeyLength = 256;
/** Clients whose handshakes are remembered, at most twice as many for up to two minutes. */
const maxRemembered = 32_768;

/** Counts the connections and handshakes of each client. */
export class ClientLimits {
  private readonly keyOf: (request: IncomingRequest) => string | undefined;
  private readonly maxConnections: number;
  /** Time between two handshakes at the highest steady rate, in milliseconds; 0 for no limit. */
  private readonly interval: number;
  /** Numbers of connections by client. As many entries as connections at most. */
  private readonly connections = new Map<string, number>();
  /**
   * For each client, the time at which it has its full number of handshakes again. Two generations,
   * so that old entries go without a search: those of the older one have passed.
   */
  private recent = new Map<string, number>();
  private older = new Map<string, number>();
  private generationStart = 0;

  /** @throws TypeError or RangeError that names the option and its value. */
  constructor(options: ClientLimitOptions) {
    if (typeof options !== "object" || options === null) {
      throw optionError("perClient", options, "an object");
    }
    checkKeys("perClient", options, ["key", "connections", "handshakesPerMinute"]);
    const { key, connections = Number.MAX_SAFE_INTEGER, handshakesPerMinute } = options;
    if (key !== undefined && typeof key !== "function") {
      throw optionError("perClient.key", key, "a function");
    }
    this.keyOf = key ?? (({ remoteAddress }) => networkOf(remoteAddress));
    const most = Number.MAX_SAFE_INTEGER;
    this.maxConnections = checkInteger("perClient.connections", connections, 1, most);
    this.interval =
      handshakesPerMinute === undefined
        ? 0
        : minute / checkInteger("perClient.handshakesPerMinute", handshakesPerMinute, 1, minute);
  }

  /**
   * Counts an opening handshake and the connection that it asks for.
   *
   * @returns The client's key, for `release` when the connection has ended; undefined if nothing is
   *   counted; or why the handshake is refused.
   * @throws What `key` throws.
   */
  admit(request: IncomingRequest): string | HandshakeError | undefined {
    const given = this.keyOf(request);
    if (given === undefined) return undefined;
    const key = ownText(given);
    const wait = this.interval === 0 ? 0 : this.countHandshake(key);
    if (wait > 0) {
      const message = "too many opening handshakes of this client";
      const retryAfter = Math.ceil(wait / 1_000);
      return new HandshakeError("WS_ERR_CLIENT_HANDSHAKES", 429, message, { retryAfter });
    }
    const count = this.connections.get(key) ?? 0;
    if (count >= this.maxConnections) {
      const message = "too many connections of this client";
      return new HandshakeError("WS_ERR_CLIENT_CONNECTIONS", 429, message);
    }
    this.connections.set(key, count + 1);
    return key;
  }

  /** Called once for each key that `admit` returned, when the connection has ended. */
  release(key: string): void {
    const count = (this.connections.get(key) as number) - 1;
    if (count === 0) this.connections.delete(key);
    else this.connections.set(key, count);
  }

  /** Returns how long the client must wait in milliseconds; 0 if the handshake was counted. */
  private countHandshake(key: string): number {
    const now = globals.performance.now();
    if (now - this.generationStart >= minute || this.recent.size >= maxRemembered) {
      this.older = this.recent;
      this.recent = new Map();
      this.generationStart = now;
    }
    const full = Math.max(now, this.recent.get(key) ?? this.older.get(key) ?? now);
    const wait = full + this.interval - now - minute;
    // Rounding must not refuse the last handshake of a minute.
    if (wait > 1e-6) return wait;
    this.recent.set(key, full + this.interval);
    return 0;
  }
}

/** Returns the text without what it was cut from: a header's value can keep the request in memory. */
function ownText(key: string): string {
  return [...key.slice(0, maxKeyLength)].join("");
}
