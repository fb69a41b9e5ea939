import type { Message } from "./message-queue.ts";
import { runtime } from "./runtime.ts";
import type { WebSocket } from "./websocket.ts";

/** Which way bytes on the wire go, seen from this end. */
export type Direction = "in" | "out";

/**
 * What user code is told. One object serves all connections; every method is optional and is
 * called as a method of the object it stands in.
 */
export interface Handlers<Data = undefined> {
  /** The connection is open. Called before any message is delivered. */
  open?(socket: WebSocket<Data>): void;
  /**
   * A message came. When this returns a promise, the next message of this socket waits until it is
   * settled, and the peer is paused meanwhile. Left out, messages wait for `for await`.
   *
   * @param data - Text as a string; binary as bytes that are yours to keep and to change. Small ones of one
   *   socket may lie in one `ArrayBuffer`, of at most 8 KiB: mind `byteOffset`, or take `data.slice()`. With `borrowedMessages`, bytes are
   *   valid until the handler returns only.
   */
  message?(socket: WebSocket<Data>, data: Message): void | Promise<void>;
  /** A Pong came (RFC 6455 section 5.5.3). `payload` is yours to keep. */
  pong?(socket: WebSocket<Data>, payload: Uint8Array): void;
  /** After `send` returned "queued": everything has gone out. */
  drain?(socket: WebSocket<Data>): void;
  /** The connection is over. Called once for each socket that was opened. */
  close?(socket: WebSocket<Data>, statusCode: number, reason: string, wasClean: boolean): void;
  /**
   * One of the other handlers threw or rejected. Its socket is closed with 1011. Left out, the
   * error is printed on the console.
   */
  error?(error: unknown, socket: WebSocket<Data> | undefined): void;
  /**
   * Bytes as they are on the wire after the opening handshake, for logs and debuggers: pieces of
   * any size, not frames.
   *
   * @param bytes - Borrowed, not to be modified; valid until the call returns.
   */
  wire?(socket: WebSocket<Data>, direction: Direction, bytes: Uint8Array): void;
}

/** Hands an error of user code to the `error` handler, or else to the console. */
export function reportError<Data>(
  handlers: Handlers<Data>,
  error: unknown,
  socket: WebSocket<Data> | undefined,
): void {
  if (handlers.error === undefined) {
    runtime.console.error("error in a WebSocket handler:", error);
    return;
  }
  try {
    handlers.error(error, socket);
  } catch (second) {
    runtime.console.error("error in the error handler:", second);
  }
}
