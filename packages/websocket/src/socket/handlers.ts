import type { Bytes } from "@framewright/codec";
import type { Diagnostics } from "../diagnostics.ts";
import type { OptionNames } from "../options/option-values.ts";
import { printError } from "../runtime/print-error.ts";
import type { RuntimeReadable } from "../runtime/web-streams.ts";
import type { Message } from "./message-queue.ts";
import type { DroppedMessage, Socket } from "./socket-types.ts";

/** The direction of bytes on the wire, seen from this endpoint: "in" is received, "out" is sent. */
export type Direction = "in" | "out";

/**
 * The result of a handler, which may be anything. The rejection of a promise is reported like a
 * thrown error.
 */
export type HandlerResult = unknown;

/**
 * Event handlers. One object serves all connections. Every method is optional and is called as a
 * method of the options object. If a handler throws or rejects, the error goes to `error` and the
 * socket is closed with 1011. Only a promise that `message` returns delays anything.
 */
export interface Handlers<Data = undefined> {
  /** Called when the connection is open, before any message is delivered. */
  open?(socket: Socket<Data>): HandlerResult;
  /**
   * Called for each message. If it returns a promise, the next message of this socket waits until
   * the promise settles, and the peer is paused once 64 KiB wait. Without this handler, messages
   * wait for `for await`.
   *
   * @param data - A text message as a string, a binary message as bytes. The handler may keep and
   *   modify the bytes. Small messages of one socket may share an `ArrayBuffer` of at most 8 KiB:
   *   respect `byteOffset`, or use `data.slice()`. With `borrowedMessages`, the bytes are only
   *   valid until the handler returns.
   */
  message?(socket: Socket<Data>, data: Message): HandlerResult;
  /**
   * Called for each message of more than `streamFrom` bytes, once so much of it was received or
   * announced. The message is never held whole: the peer is paused while about 64 KiB of it wait to
   * be read, and the next message waits until this one was read and until the handler's promise
   * settles. `maxMessageSize` still applies. See docs/streams.md.
   *
   * @param stream - The message as it arrives, decompressed and, if it is text, checked to be UTF-8:
   *   strings that do not cut characters, or bytes that the reader may keep. Cancelling it discards
   *   the rest of the message. It fails with the connection's error, or `WS_ERR_INCOMPLETE_MESSAGE`,
   *   if the connection ends within the message.
   * @param isText - Whether it is a text message.
   */
  messageStream?(
    socket: Socket<Data>,
    stream: RuntimeReadable<Message>,
    isText: boolean,
  ): HandlerResult;
  /**
   * Called for each Pong (RFC 6455 section 5.5.3).
   *
   * @param payload - A copy. The handler may keep and modify it.
   */
  pong?(socket: Socket<Data>, payload: Bytes): HandlerResult;
  /**
   * Called once after `send` returned "queued", when at most `lowWaterMark` bytes are still
   * buffered.
   */
  drain?(socket: Socket<Data>): HandlerResult;
  /**
   * Called for each message that is not sent because too many bytes wait for the peer: with
   * `whenFull: "drop"`, and when a broadcast passes over the socket.
   *
   * @param data - What was passed to `send` or `broadcast`; bytes of any kind as a `Uint8Array`.
   */
  dropped?(socket: Socket<Data>, data: DroppedMessage): HandlerResult;
  /**
   * Called once for each open socket, when its connection has ended.
   *
   * @param statusCode - From the peer's Close frame; 1005 if the frame had none, 1006 if none was
   *   received. If the peer broke the protocol, the status code that the connection was failed
   *   with.
   * @param reason - From the peer's Close frame, or "".
   * @param wasClean - Whether both endpoints sent a Close frame. If so, every message of the peer
   *   was received. See docs/reliability.md for what it says about sent messages.
   */
  close?(
    socket: Socket<Data>,
    statusCode: number,
    reason: string,
    wasClean: boolean,
  ): HandlerResult;
  /**
   * Called when another handler threw or rejected. Default: the error is printed to the console. If
   * that cannot be written to, the error is lost.
   *
   * @param socket - The handler's socket, which is closed with 1011; undefined for `http` and
   *   `accept`.
   */
  error?(error: unknown, socket: Socket<Data> | undefined): HandlerResult;
  /**
   * Called with all bytes on the wire after the opening handshake, for logs and debuggers. The
   * bytes arrive in pieces of any size, not in frames.
   *
   * @param bytes - A copy. The handler may keep and modify it.
   */
  wire?(socket: Socket<Data>, direction: Direction, bytes: Bytes): HandlerResult;
}

export const handlerNames: OptionNames<Handlers> = {
  open: 1,
  message: 1,
  messageStream: 1,
  pong: 1,
  drain: 1,
  dropped: 1,
  close: 1,
  error: 1,
  wire: 1,
};

/** Passes an error of user code to the `error` handler, or to the console if there is none. */
export function reportError<Data>(
  handlers: Handlers<Data>,
  diagnostics: Diagnostics,
  error: unknown,
  socket: Socket<Data> | undefined,
): void {
  diagnostics.handlerFailed(error, socket);
  if (handlers.error === undefined) {
    printError("error in a WebSocket handler:", error);
    return;
  }
  callHandler(
    () => handlers.error?.(error, socket),
    (second) => {
      diagnostics.handlerFailed(second, socket);
      printError("error in the error handler:", second);
    },
  );
}

/**
 * Calls user code and catches its errors, both thrown and rejected.
 *
 * @param call - Calls the handler and returns its result.
 * @param failed - Called with the error. Does not throw.
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
 * Converts a thenable that user code returned to a promise.
 *
 * @returns A native promise, which settles once and asynchronously whatever the thenable does;
 *   undefined if the value is not a thenable.
 * @throws What the value's `then` getter throws.
 */
export function asPromise<T>(value: T | PromiseLike<T>): Promise<T> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof (value as PromiseLike<T>).then !== "function") return undefined;
  return Promise.resolve(value);
}
