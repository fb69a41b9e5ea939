import { HandshakeError } from "@framewright/codec";
import { checkInteger } from "../options/option-values.ts";
import type { Socket } from "../socket/socket-types.ts";
import { ClientLimits } from "./client-limits.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import type { AnyRouteOptions } from "./serve-options.ts";

/** The limits on the connections of a server or of one of its routes. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly clients: ClientLimits | undefined;
  /** Number of open sockets. */
  open: number;
}

/** Validates `maxConnections` and `perClient`. Returns undefined if there are no limits. */
export function connectionLimits(options: AnyRouteOptions<never>): ConnectionLimits | undefined {
  const { maxConnections, perClient } = options;
  if (maxConnections === undefined && perClient === undefined) return undefined;
  const most = Number.MAX_SAFE_INTEGER;
  return {
    maxConnections: checkInteger("maxConnections", maxConnections ?? most, 0, most),
    clients: perClient === undefined ? undefined : new ClientLimits(perClient),
    open: 0,
  };
}

/** Counts one opening handshake, and the socket that it may open, against limits. */
export class Admission {
  private readonly limits: readonly ConnectionLimits[];
  /** How to take back what was counted. */
  private readonly releases: (() => void)[] = [];

  constructor(limits: readonly ConnectionLimits[]) {
    this.limits = limits;
  }

  /**
   * Counts the handshake.
   *
   * @returns Why it is refused; undefined if it is not.
   * @throws What `perClient.key` throws.
   */
  admit(request: IncomingRequest): HandshakeError | undefined {
    const fault = this.connectionsFault();
    if (fault !== undefined) return fault;
    for (const { clients } of this.limits) {
      const key = clients?.admit(request);
      if (key instanceof HandshakeError) return key;
      if (key !== undefined) this.releases.push(() => clients?.release(key));
    }
    return undefined;
  }

  /** Returns the fault if no further socket may open. Others may have opened since `admit`. */
  connectionsFault(): HandshakeError | undefined {
    if (this.limits.every(({ open, maxConnections }) => open < maxConnections)) return undefined;
    return new HandshakeError("WS_ERR_TOO_MANY_CONNECTIONS", 503, "too many connections");
  }

  /** Counts the socket until it is closed. */
  opened(socket: Socket<unknown>): void {
    for (const limits of this.limits) limits.open++;
    void socket.closed.then(() => {
      for (const limits of this.limits) limits.open--;
      this.release();
    });
  }

  /** Called when no socket was opened. */
  release(): void {
    for (const release of this.releases) release();
  }
}

/** What a server needs for limits on its connections. */
export const admission = { limits: connectionLimits, Admission };
