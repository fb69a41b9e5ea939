import type { HeadersInit } from "@framewright/codec/handshake";
import type {
  ReconnectingError,
  ReconnectingState,
  ReconnectOptions,
} from "../reconnecting/reconnection.ts";
import type { RuntimeAsyncDisposable } from "../runtime/disposal.ts";
import type { RuntimeSignal } from "../runtime/globals.ts";
import type { Message } from "../socket/message-queue.ts";
import type { DroppedMessage, Sendable, SendResult, Socket } from "../socket/socket-types.ts";
import type { AnyConnectOptions, DataIfNeeded } from "./connect-options.ts";

/** A URL, or a function that is called for each try with its number, from 0. */
export type ReconnectingUrl = UrlValue | ((attempt: number) => UrlValue | Promise<UrlValue>);
export type UrlValue = string | { readonly href: string };

/**
 * Options and handlers of `reconnecting`: those of `connect`, for each connection, and its own. `data`
 * may only be omitted if `undefined` is a value of `Data`.
 */
export type ReconnectingOptions<Data = undefined> = AnyReconnectingOptions<Data> &
  DataIfNeeded<Data>;

/** `ReconnectingOptions`, where `data` may always be omitted. */
export interface AnyReconnectingOptions<Data = undefined>
  extends Omit<AnyConnectOptions<Data>, "headers" | "signal">,
    ReconnectOptions<Socket<Data>, DroppedMessage> {
  /**
   * Additional headers of the opening handshake, or a function that is called for each try with its
   * number since the last good connection, from 0. If it throws or rejects, the try has failed.
   */
  headers?: HeadersInit | ((attempt: number) => HeadersInit | Promise<HeadersInit>);
  /** Ends the connection at once and all further tries when it is aborted. Default: none. */
  signal?: RuntimeSignal;
}

/**
 * A connection that is opened again when it is lost. Created by `reconnecting`. `await using` closes
 * it with 1000 and waits for its end.
 *
 * @example
 * const connection = reconnecting("wss://example.com/feed", {
 *   onConnect: (socket) => socket.send("subscribe"),
 *   message: (_socket, data) => console.log(data),
 * });
 * await connection.ready;
 */
export interface Reconnecting<Data = undefined>
  extends AsyncIterable<Message>,
    RuntimeAsyncDisposable {
  /** "connecting", "open", "waiting" for the next try, or "closed" for good. */
  readonly state: ReconnectingState;
  /** The open connection, if there is one. */
  readonly socket: Socket<Data> | undefined;
  /**
   * Resolves when a connection is open, at once if one is. Rejects with a `ReconnectingError` when
   * there will be none any more.
   */
  readonly ready: Promise<Socket<Data>>;
  /**
   * Resolves when there will be no connection any more and the last one has ended: to why. Never
   * rejects.
   */
  readonly closed: Promise<ReconnectingError>;
  /** Number of bytes in the queue. */
  readonly queuedAmount: number;
  /**
   * Sends a message on the open connection. Without one it is "dropped", or "queued" if the option
   * `queue` is set and has space. Nothing is sent twice: a message that was on its way when the
   * connection was lost may be lost.
   *
   * @param data - See `Socket.send`. Copied if it is queued.
   * @throws TypeError if `data` has another type.
   */
  send(data: Sendable): SendResult;
  /** Tries at once if it waits for the next try; probes the connection with a Ping if it is open. */
  retryNow(): void;
  /** Closes the connection and ends all further tries. For the arguments see `Socket.close`. */
  close(statusCode?: number, reason?: string): void;
  /**
   * Iterates over the messages of all connections, until there will be none any more.
   *
   * @throws InvalidStateError if there is a `message` handler.
   */
  [Symbol.asyncIterator](): AsyncGenerator<Message, undefined>;
}
