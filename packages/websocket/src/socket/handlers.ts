import { globals } from "../runtime/globals.ts";
import type { Message } from "./message-queue.ts";
import type { Socket } from "./socket.ts";

/** Which way bytes on the wire go, seen from this end. */
export type Direction = "in" | "out";

/** What a handler may return: a promise that rejects is reported like an error that was thrown. */
export type HandlerResult = void | Promise<void>;

/**
 * What user code is told. One object serves all connections; every method is optional and is
 * called as a method of the object it stands in. What a handler throws, or rejects with, goes to
 * `error`, and its socket is closed with 1011. Only `message` is waited for.
 */
export interface Handlers<Data = undefined> {
  /** The connection is open. Called before any message is delivered. */
  open?(socket: Socket<Data>): HandlerResult;
  /**
   * A message came. When this returns a promise, the next message of this socket waits until it is
   * settled, and the peer is paused meanwhile. Left out, messages wait for `for await`.
   *
   * @param data - Text as a string; binary as bytes that are yours to keep and to change. Small ones of one
   *   socket may lie in one `ArrayBuffer`, of at most 8 KiB: mind `byteOffset`, or take `data.slice()`. With `borrowedMessages`, bytes are
   *   valid until the handler returns only.
   */
  message?(socket: Socket<Data>, data: Message): HandlerResult;
  /** A Pong came (RFC 6455 section 5.5.3). `payload` is yours to keep. */
  pong?(socket: Socket<Data>, payload: Uint8Array): HandlerResult;
  /** After `send` returned "queued": everything has gone out. */
  drain?(socket: Socket<Data>): HandlerResult;
  /** The connection is over. Called once for each socket that was opened. */
  close?(
    socket: Socket<Data>,
    statusCode: number,
    reason: string,
    wasClean: boolean,
  ): HandlerResult;
  /**
   * One of the other handlers threw or rejected. Its socket is closed with 1011. Left out, the
   * error is printed on the console.
   */
  error?(error: unknown, socket: Socket<Data> | undefined): HandlerResult;
  /**
   * Bytes as they are on the wire after the opening handshake, for logs and debuggers: pieces of
   * any size, not frames.
   *
   * @param bytes - Yours to keep and to change.
   */
  wire?(socket: Socket<Data>, direction: Direction, bytes: Uint8Array): HandlerResult;
}

/** Hands an error of user code to the `error` handler, or else to the console. */
export function reportError<Data>(
  handlers: Handlers<Data>,
  error: unknown,
  socket: Socket<Data> | undefined,
): void {
  if (handlers.error === undefined) {
    globals.console.error("error in a WebSocket handler:", error);
    return;
  }
  callHandler(
    () => handlers.error?.(error, socket),
    (second) => globals.console.error("error in the error handler:", second),
  );
}

/**
 * Calls user code, and sees to it that no error of its gets any further, neither thrown nor rejected.
 *
 * @param call - Calls the handler and returns what that returned.
 * @param failed - Told what it threw or rejected with. Does not throw.
 */
export function callHandler(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const promise = asPromise(call());
    if (promise !== undefined) promise.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

/**
 * Tells whether user code returned something to wait for.
 *
 * @returns A real promise, which settles once and later, whatever was returned; undefined for a plain value.
 * @throws What looking at the value throws.
 */
export function asPromise<T>(value: T | PromiseLike<T>): Promise<T> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof (value as PromiseLike<T>).then !== "function") return undefined;
  return Promise.resolve(value);
}
