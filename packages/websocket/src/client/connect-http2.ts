import { HandshakeError } from "@framewright/codec";
import { typeError } from "@framewright/codec/internal";
import { optionError } from "../options/option-values.ts";
import { globals, type Timer } from "../runtime/globals.ts";
import type { Socket } from "../socket/socket.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import { raiseWindow } from "../transport/http2-window.ts";
import type { ClientTlsSettings } from "./client-tls.ts";
import {
  connectOnSession,
  isSessionUsable,
  type StreamRequest,
  timedOut,
} from "./http2-handshake.ts";
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
 * @param timeout - In milliseconds, for connecting and the opening handshake.
 * @returns Undefined if the server does not take WebSockets over HTTP/2.
 * @throws HandshakeError for any other failure, and if a session of the caller cannot be used.
 */
export async function connectHttp2<Data>(
  http2: true | Http2Session,
  handshake: StreamRequest<Data>,
  tls: ClientTlsSettings,
  support: RuntimeSupport,
  timeout: number,
): Promise<Socket<Data> | undefined> {
  const end = globals.performance.now() + timeout;
  const left = () => Math.max(end - globals.performance.now(), 1);
  if (http2 !== true) {
    if (await inTime(isSessionUsable(http2), timeout)) {
      raiseWindow(http2, support.http2Window);
      return connectOnSession(http2, handshake, left(), () => {});
    }
    const message = "the session is closed, or its server takes no WebSockets over HTTP/2";
    throw new HandshakeError("WS_ERR_CONNECT_FAILED", 0, message);
  }
  const module = support.http2?.();
  if (module === undefined) return undefined;
  for (;;) {
    const shared = acquireSession(module, handshake.request.url, tls);
    const socket = await connectShared(shared, handshake, support.http2Window, left);
    if (socket !== "full") return socket;
  }
}

/**
 * Connects on a session that other sockets may use too. Opens the stream at the moment at which the
 * server's settings are known; see `acquireSession`.
 *
 * @param window - See `RuntimeSupport`.
 * @param left - Returns the time that is left, in milliseconds.
 * @returns "full" if the session has no room.
 */
function connectShared<Data>(
  shared: SharedSession,
  handshake: StreamRequest<Data>,
  window: number | undefined,
  left: () => number,
): Promise<Socket<Data> | "full" | undefined> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const giveUp = () => {
      isOver = true;
      shared.retire();
      releaseSession(shared);
      reject(timedOut());
    };
    const timer = globals.setTimeout(giveUp, left(), undefined);
    const proceed = (isUsable: boolean) => {
      globals.clearTimeout(timer);
      if (isOver) return;
      if (!isUsable || isOverfull(shared)) {
        releaseSession(shared);
        return resolve(isUsable ? "full" : undefined);
      }
      raiseWindow(shared.session, window);
      const socket = connectOnSession(shared.session, handshake, left(), () =>
        releaseSession(shared),
      );
      socket.then(resolve, (error) => {
        // A connection that has gone silent is not for the next socket.
        if (error.code === "WS_ERR_HANDSHAKE_TIMEOUT") shared.retire();
        reject(error);
      });
    };
    if (shared.isUsable === undefined) shared.waiting.push(proceed);
    else proceed(shared.isUsable);
  });
}

/** Rejects if the promise does not settle within a time in milliseconds. */
function inTime<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: Timer | undefined;
  const timeout = new Promise<T>((_resolve, reject) => {
    timer = globals.setTimeout(() => reject(timedOut()), milliseconds, undefined);
  });
  return Promise.race([promise, timeout]).finally(() => globals.clearTimeout(timer));
}
