import { HandshakeError, type HandshakeStep } from "@framewright/codec";
import { typeError } from "@framewright/codec/internal";
import { optionError } from "../options/option-values.ts";
import { type AbortSignal, globals, type Timer } from "../runtime/globals.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import { raiseWindow } from "../transport/http2-window.ts";
import { type Attempt, timeFor } from "./attempt.ts";
import { connectError, locate, timedOut } from "./handshake-fault.ts";
import { connectOnSession, isSessionUsable } from "./http2-handshake.ts";
import {
  acquireSession,
  type Http2Session,
  isOverfull,
  releaseSession,
  type SharedSession,
} from "./http2-sessions.ts";

/**
 * Validates the option `http2`.
 *
 * @returns Whether to use HTTP/2, or the session to use.
 */
export function checkHttp2(
  option: unknown,
  support: RuntimeSupport,
  socketPath: string,
): boolean | Http2Session {
  if (option === undefined || option === false) return false;
  const isSession = typeof (option as Partial<Http2Session> | null)?.request === "function";
  if (option !== true && !isSession) throw optionError("http2", option, "a boolean or a session");
  if (socketPath !== "") {
    throw typeError("WS_ERR_INVALID_OPTION", "option http2 cannot be used with Unix sockets");
  }
  if (option === true && support.http2 === undefined) {
    throw typeError("WS_ERR_INVALID_OPTION", "option http2 needs node:http2");
  }
  return option as true | Http2Session;
}

/**
 * Connects over HTTP/2 (RFC 8441).
 *
 * @returns Undefined if the server does not take WebSockets over HTTP/2.
 * @throws HandshakeError for any other failure, and if a session of the caller cannot be used; the
 *   reason of the caller's signal if that is aborted.
 */
export async function connectHttp2<Data>(
  http2: true | Http2Session,
  attempt: Attempt<Data>,
  support: RuntimeSupport,
): Promise<Socket<Data> | undefined> {
  try {
    if (http2 === true) return await connectToHost(attempt, support);
    return await connectOnCallers(http2, attempt, support);
  } catch (error) {
    if (error instanceof HandshakeError) locate(error, "connect", attempt.request.url);
    throw error;
  }
}

async function connectOnCallers<Data>(
  session: Http2Session,
  attempt: Attempt<Data>,
  { http2Window }: RuntimeSupport,
): Promise<Socket<Data>> {
  if (await inTime(isSessionUsable(session), attempt, "response")) {
    raiseWindow(session, http2Window);
    return connectOnSession(session, attempt, () => {});
  }
  const message = "the session is closed, or its server takes no WebSockets over HTTP/2";
  throw new HandshakeError("WS_ERR_CONNECT_FAILED", 0, message);
}

async function connectToHost<Data>(
  attempt: Attempt<Data>,
  { http2, http2Window }: RuntimeSupport,
): Promise<Socket<Data> | undefined> {
  const module = http2?.();
  if (module === undefined) return undefined;
  const hosts = await hostsOf(attempt);
  for (const [index, host] of hosts.entries()) {
    const target = { ...attempt.target, host };
    let socket: Socket<Data> | "full" | undefined;
    do {
      if (attempt.signal?.aborted) throw attempt.signal.reason;
      const shared = acquireSession(module, target);
      socket = await connectShared(shared, attempt, http2Window, hosts.length - index);
    } while (socket === "full");
    if (socket !== undefined) return socket;
  }
  return undefined;
}

/** Returns what to connect to, in this order. */
async function hostsOf<Data>(attempt: Attempt<Data>): Promise<readonly string[]> {
  const { lookup, target } = attempt;
  if (lookup === undefined) return [target.host];
  const found = lookup(target.url.hostname).catch((error) => {
    const fault = connectError(target.url, error);
    locate(fault, "lookup", target.url);
    throw fault;
  });
  return inTime(found, attempt, "lookup");
}

/**
 * Connects on a session that other sockets may use too. Opens the stream at the moment at which the
 * server's settings are known; see `acquireSession`.
 *
 * @param window - See `RuntimeSupport`.
 * @param hostsLeft - Number of addresses among which the time to connect is divided.
 * @returns "full" if the session has no room; undefined if it cannot be used, or if another address
 *   is left for one that does not answer.
 */
function connectShared<Data>(
  shared: SharedSession,
  attempt: Attempt<Data>,
  window: number | undefined,
  hostsLeft: number,
): Promise<Socket<Data> | "full" | undefined> {
  return new Promise((resolve, reject) => {
    const { session } = shared;
    let isOver = false;
    let stop = () => {};
    const giveUp = (reason: unknown) => {
      stop();
      isOver = true;
      // A connection that has gone silent is not for the next socket.
      if (reason === undefined) shared.retire();
      const step = session.connecting ? "connect" : "response";
      releaseSession(shared);
      if (reason === undefined && step === "connect" && hostsLeft > 1) return resolve(undefined);
      reject(reason ?? located(step, attempt));
    };
    const limit = (milliseconds: number) => {
      stop();
      stop = interruptAfter(milliseconds, attempt.signal, giveUp);
    };
    limit(session.connecting ? connectingTime(attempt) / hostsLeft : timeFor(attempt, "response"));
    if (session.connecting && (attempt.limits.steps !== undefined || hostsLeft > 1)) {
      session.on("connect", () => !isOver && limit(timeFor(attempt, "response")));
    }
    const proceed = (isUsable: boolean) => {
      stop();
      if (isOver) return;
      isOver = true;
      if (!isUsable || isOverfull(shared)) {
        releaseSession(shared);
        return resolve(isUsable ? "full" : undefined);
      }
      raiseWindow(session, window);
      const socket = connectOnSession(session, attempt, () => releaseSession(shared));
      socket.then(resolve, (error) => {
        // As above.
        if (error?.code === "WS_ERR_HANDSHAKE_TIMEOUT") shared.retire();
        reject(error);
      });
    };
    if (shared.isUsable === undefined) shared.waiting.push(proceed);
    else proceed(shared.isUsable);
  });
}

/** The time for TCP and TLS together: `node:http2` does not tell when one ends. */
function connectingTime<Data>(attempt: Attempt<Data>): number {
  const { connect, tls } = attempt.limits.steps ?? {};
  const left = timeFor(attempt, "queue");
  return connect === undefined || tls === undefined ? left : Math.min(left, connect + tls);
}

function located<Data>(step: HandshakeStep, attempt: Attempt<Data>): HandshakeError {
  const error = timedOut(step);
  locate(error, step, attempt.request.url);
  return error;
}

/** Rejects if the promise does not settle within the time for a step, or the signal is aborted. */
function inTime<T, Data>(
  promise: Promise<T>,
  attempt: Attempt<Data>,
  step: HandshakeStep,
): Promise<T> {
  let stop = () => {};
  const interruption = new Promise<T>((_resolve, reject) => {
    stop = interruptAfter(timeFor(attempt, step), attempt.signal, (reason) =>
      reject(reason ?? located(step, attempt)),
    );
  });
  return Promise.race([promise, interruption]).finally(() => stop());
}

/**
 * Calls back after a time, or when the signal is aborted, with its reason.
 *
 * @returns A function that prevents it and removes the listener.
 */
function interruptAfter(
  milliseconds: number,
  signal: AbortSignal | undefined,
  interrupt: (reason: unknown) => void,
): () => void {
  const onAbort = () => interrupt(signal?.reason);
  // The function `lookup` may have aborted it.
  const isAborted = signal?.aborted === true;
  const timer: Timer = globals.setTimeout(
    () => interrupt(isAborted ? signal.reason : undefined),
    isAborted ? 0 : milliseconds,
    undefined,
  );
  signal?.addEventListener("abort", onAbort);
  return () => {
    globals.clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
}
