import type { CompressorPool } from "@framewright/codec/deflate";
import type { HttpCoding } from "@framewright/codec/handshake";
import { type Diagnostics, noDiagnostics } from "../diagnostics.ts";
import { checkFunctions, checkInteger } from "../options/option-values.ts";
import {
  checkCloseTimeout,
  checkHandshakeTimeout,
  type SharedState,
  sharedState,
} from "../socket/socket-options.ts";
import { Deadlines, type Expirable } from "../timing/deadlines.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { IncompleteRequests } from "./incomplete-requests.ts";
import { Router, type ServerSupport } from "./routes.ts";
import { type AnyServeOptions, serverState } from "./serve-options.ts";
import type { StreamPlaces } from "./stream-places.ts";

/** An opening handshake that has no response yet. */
interface PendingHandshake extends Expirable {
  expire(): void;
  destroy(): void;
}

/** State that all handshakes of one server share. */
export interface ServerHandshakeSettings<Data> {
  readonly options: AnyServeOptions<Data>;
  readonly shared: SharedState<Data>;
  readonly router: Router<Data>;
  readonly coding: HttpCoding | undefined;
  /** See `RuntimeSupport`. */
  readonly http2Window: number | undefined;
  /** Undefined if compression is off on all routes. */
  readonly compressors: CompressorPool | undefined;
  readonly diagnostics: Diagnostics;
  readonly maxPendingHandshakes: number;
  /** Of a server that is attached to one of HTTP/2. */
  readonly streamPlaces: StreamPlaces | undefined;
  /** Those of `handshakes` whose request is not complete. */
  readonly incomplete: IncompleteRequests;
  /** Number of opening handshakes that were accepted. */
  accepted: number;
  /** Numbers of failed opening handshakes by code. */
  readonly refused: Map<string, number>;
  /** Handshakes that have no response yet, TLS handshakes too. They expire after the handshake timeout. */
  readonly handshakes: Deadlines<PendingHandshake>;
  /** HTTP responses that are being written. They expire after the close timeout. */
  readonly answers: Deadlines<HttpAnswer>;
}

/** Validates the options of a server's handshakes and sockets, and creates the state they share. */
export function handshakeSettings<Data>(
  options: AnyServeOptions<Data>,
  support: ServerSupport,
): ServerHandshakeSettings<Data> {
  const shared: SharedState<Data> = sharedState(options, serverState(options, support));
  checkFunctions(options, ["http", "refused"]);
  const maxPendingHandshakes = checkInteger(
    "maxPendingHandshakes",
    options.maxPendingHandshakes ?? 1_000,
    1,
    Number.MAX_SAFE_INTEGER,
  );
  const handshakeTimeout = checkHandshakeTimeout(options);
  const diagnostics = (support.diagnostics ?? noDiagnostics).server;
  return {
    options,
    shared,
    router: new Router(options, support, shared),
    coding: support.http,
    http2Window: support.http2Window,
    compressors: support.parts.compression?.(options.compression, support, 0)?.settings.pool,
    diagnostics,
    maxPendingHandshakes,
    streamPlaces: support.createPlaces?.(maxPendingHandshakes, handshakeTimeout),
    incomplete: new IncompleteRequests(maxPendingHandshakes),
    accepted: 0,
    refused: new Map(),
    handshakes: new Deadlines(handshakeTimeout, (handshake) => handshake.expire()),
    answers: new Deadlines(checkCloseTimeout(options), (answer) => {
      diagnostics.limited("closeTimeout", "terminated", answer);
      answer.destroy();
    }),
  };
}
