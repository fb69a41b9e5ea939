import type { HandshakeError, HandshakeStep } from "@framewright/codec";
import type { DeflateOffer } from "@framewright/codec/deflate";
import type { UpgradeRequest } from "@framewright/codec/handshake";
import { type AbortSignal, globals } from "../runtime/globals.ts";
import type { SocketSettings } from "../socket/socket-options.ts";
import type { AnyConnectOptions } from "./connect-options.ts";
import type { HandshakeLimits } from "./handshake-limits.ts";
import type { Addresses } from "./open-by-address.ts";
import type { TransportTarget } from "./open-transport.ts";

/** One opening handshake of a client: what it sends, where to, and what ends it. */
export interface Attempt<Data> {
  readonly settings: SocketSettings<Data>;
  readonly target: TransportTarget;
  /** Undefined if the runtime resolves the host name, or there is none to resolve. */
  readonly addresses: Addresses | undefined;
  readonly request: UpgradeRequest;
  /** The request over HTTP/1.1. */
  readonly bytes: Uint8Array;
  readonly offer: DeflateOffer | undefined;
  readonly data: Data;
  /** The caller's options, for their handler `response`. */
  readonly options: Pick<AnyConnectOptions<Data>, "response">;
  readonly limits: HandshakeLimits;
  /** When the handshake must be done, on the clock of `performance.now`, in milliseconds. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** Tells whether a response is a redirect that is followed. Undefined if none is. */
  readonly redirects: { follows(response: HandshakeError): boolean } | undefined;
}

/** Returns how long a step may take from now, in milliseconds. */
export function timeFor<Data>({ limits, deadline }: Attempt<Data>, step: HandshakeStep): number {
  const left = Math.max(deadline - globals.performance.now(), 1);
  return Math.min(limits.steps?.[step] ?? left, left);
}

/** Whether the body of a response is of no use, because the redirect is followed. */
export function needsNoBody<Data>(attempt: Attempt<Data>, response: HandshakeError): boolean {
  return attempt.redirects?.follows(response) === true;
}
