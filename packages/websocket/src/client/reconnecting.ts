import { HandshakeError, type HandshakeErrorCode, PreparedMessage } from "@framewright/codec";
import type { HeadersInit } from "@framewright/codec/handshake";
import { utf8Length } from "@framewright/codec/internal";
import { noDiagnostics } from "../diagnostics.ts";
import { checkOptionNames, type OptionNames } from "../options/option-values.ts";
import type { ConnectionFailure } from "../reconnecting/policy.ts";
import {
  type Connector,
  type Link,
  type ReconnectingError,
  type ReconnectingState,
  Reconnection,
  type ReconnectOptions,
} from "../reconnecting/reconnection.ts";
import type { RuntimeSignal } from "../runtime/globals.ts";
import { checkMessage } from "../socket/check-message.ts";
import { reportError } from "../socket/handlers.ts";
import type { Message } from "../socket/message-queue.ts";
import type { SendResult, Socket } from "../socket/socket.ts";
import { type ConnectOptions, connectOptionNames } from "./connect-options.ts";
import type { NetworkWatch } from "./network-watch.ts";

/** What `send` takes. */
export type Sendable = string | Uint8Array | ArrayBuffer | PreparedMessage;

/** A URL, or a function that is called for each try with its number, from 0. */
export type ReconnectingUrl = UrlValue | ((attempt: number) => UrlValue | Promise<UrlValue>);
type UrlValue = string | { readonly href: string };

/** Options and handlers of `reconnecting`: those of `connect`, for each connection, and its own. */
export interface ReconnectingOptions<Data = undefined>
  extends Omit<ConnectOptions<Data>, "headers" | "signal">,
    ReconnectOptions<Socket<Data>, Message | PreparedMessage> {
  /**
   * Additional headers of the opening handshake, or a function that is called for each try with its
   * number since the last good connection, from 0. If it throws or rejects, the try has failed.
   */
  headers?: HeadersInit | ((attempt: number) => HeadersInit | Promise<HeadersInit>);
  /** Ends the connection at once and all further tries when it is aborted. Default: none. */
  signal?: RuntimeSignal;
}

const ownNames: OptionNames<ReconnectOptions<Socket, Sendable>> = {
  minDelay: 1,
  maxDelay: 1,
  stableAfter: 1,
  maxTries: 1,
  giveUpAfter: 1,
  maxRetryAfter: 1,
  probeTimeout: 1,
  shouldRetry: 1,
  onConnect: 1,
  onChange: 1,
  queue: 1,
  onDropped: 1,
};

/** What a transport package's `connect` does. */
export type Connect<Data> = (
  url: string | { readonly href: string },
  options: ConnectOptions<Data>,
) => Promise<Socket<Data>>;

/** Faults that another try may not have. With an HTTP status, that decides. */
const passing: readonly HandshakeErrorCode[] = [
  "WS_ERR_CONNECT_FAILED",
  "WS_ERR_HANDSHAKE_TIMEOUT",
  "WS_ERR_HANDSHAKE_INCOMPLETE",
  "WS_ERR_UNEXPECTED_RESPONSE",
];

/**
 * A connection that is opened again when it is lost. Created by `reconnecting`. `await using` closes
 * it.
 *
 * @example
 * const connection = reconnecting("wss://example.com/feed", {
 *   onConnect: (socket) => socket.send("subscribe"),
 *   message: (_socket, data) => console.log(data),
 * });
 * await connection.ready;
 */
export class Reconnecting<Data = undefined> implements AsyncIterable<Message>, AsyncDisposable {
  private readonly connection: Reconnection<Socket<Data>, Message | PreparedMessage>;

  /**
   * For `reconnecting`.
   *
   * @param options - Retained, not modified. Its functions are called as its methods.
   * @param connect - Opens each connection.
   * @param watch - Tells when the machine is online again.
   * @throws TypeError for an unknown option; RangeError for an invalid one of `RetryOptions`.
   */
  constructor(
    url: ReconnectingUrl,
    options: ReconnectingOptions<Data>,
    connect: Connect<Data>,
    watch?: NetworkWatch,
  ) {
    checkOptionNames(options, { ...connectOptionNames, ...ownNames });
    this.connection = new Reconnection(connector(url, options, connect), options);
    const { retryNow } = this.connection;
    watch?.add(retryNow);
    void this.closed.then(() => watch?.delete(retryNow));
    const { signal } = options;
    if (signal === undefined) return;
    const abort = () => {
      this.socket?.terminate();
      this.close();
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    void this.closed.then(() => signal.removeEventListener("abort", abort));
  }

  /** "connecting", "open", "waiting" for the next try, or "closed" for good. */
  get state(): ReconnectingState {
    return this.connection.state;
  }

  /** The open connection, if there is one. */
  get socket(): Socket<Data> | undefined {
    return this.connection.socket;
  }

  /**
   * Resolves when a connection is open, at once if one is. Rejects with a `ReconnectingError` when
   * there will be none any more.
   */
  get ready(): Promise<Socket<Data>> {
    return this.connection.ready;
  }

  /**
   * Resolves when there will be no connection any more and the last one has ended: to why. Never
   * rejects.
   */
  get closed(): Promise<ReconnectingError> {
    return this.connection.closed;
  }

  /** Number of bytes in the queue. */
  get queuedAmount(): number {
    return this.connection.queuedAmount;
  }

  /**
   * Sends a message on the open connection. Without one it is "dropped", or "queued" if the option
   * `queue` is set and has space. Nothing is sent twice: a message that was on its way when the
   * connection was lost may be lost.
   *
   * @param data - See `Socket.send`. Copied if it is queued.
   * @throws TypeError if `data` has another type.
   */
  send(data: Sendable): SendResult {
    return this.connection.send(checkMessage(data));
  }

  /** Tries at once if it waits for the next try; probes the connection with a Ping if it is open. */
  retryNow(): void {
    this.connection.retryNow();
  }

  /** Closes the connection and ends all further tries. For the arguments see `Socket.close`. */
  close(statusCode?: number, reason?: string): void {
    this.connection.close(statusCode, reason);
  }

  /**
   * Iterates over the messages of all connections, until there will be none any more.
   *
   * @throws InvalidStateError if there is a `message` handler.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, undefined> {
    for (;;) {
      const socket = await this.ready.catch(() => undefined);
      if (socket === undefined) return;
      yield* socket;
      await socket.closed;
      // The state follows a few microtasks later.
      while (this.socket === socket) await undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close(1000);
    await this.closed;
  }
}

/** A function of the options has thrown, which another try may not see. */
class PreparationError {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

function connector<Data>(
  url: ReconnectingUrl,
  options: ReconnectingOptions<Data>,
  connect: Connect<Data>,
): Connector<Socket<Data>, Message | PreparedMessage> {
  const { headers } = options;
  return {
    async open(attempt, signal) {
      let address: UrlValue;
      let fields: HeadersInit | undefined;
      try {
        address = typeof url === "function" ? await url(attempt) : url;
        fields = typeof headers === "function" ? await headers.call(options, attempt) : headers;
      } catch (error) {
        throw new PreparationError(error);
      }
      let isAnswer: (payload: Uint8Array) => boolean = () => false;
      // Inherits from the options, so that handlers are called as their methods.
      const own: ConnectOptions<Data> = Object.assign(Object.create(options), {
        headers: fields ?? {},
        signal,
        pong(socket: Socket<Data>, payload: Uint8Array) {
          return isAnswer(payload) ? undefined : options.pong?.(socket, payload);
        },
      });
      const socket = await connect(address, own);
      return linkOf(socket, (next) => {
        isAnswer = next;
      });
    },
    explain,
    lengthOf: (data) => {
      if (data instanceof PreparedMessage) return data.frame.length;
      return typeof data === "string" ? utf8Length(data) : data.length;
    },
    copy: (data) => (data instanceof Uint8Array ? data.slice() : data),
    report: (error) => reportError(options, noDiagnostics.client, error, undefined),
  };
}

function explain(error: unknown): ConnectionFailure {
  if (error instanceof PreparationError)
    return { statusCode: 0, reason: "", status: 0, error: error.error };
  if (!(error instanceof HandshakeError))
    return { statusCode: 0, reason: "", status: 0, error, isLasting: true };
  const { status, headers, code } = error;
  const retryAfter = headers?.get("retry-after");
  return {
    statusCode: 0,
    reason: "",
    status,
    retryAfter,
    error,
    isLasting: !passing.includes(code),
  };
}

/** @param setAnswer - Takes a function that says whether the payload of a Pong answers the probe. */
function linkOf<Data>(
  socket: Socket<Data>,
  setAnswer: (isAnswer: (payload: Uint8Array) => boolean) => void,
): Link<Socket<Data>, Message | PreparedMessage> {
  let probes = 0;
  return {
    socket,
    closed: socket.closed.then(({ statusCode, reason, error }) => {
      return { statusCode, reason, status: 0, error };
    }),
    isOpen: () => socket.readyState === "open",
    send: (data) => socket.send(data),
    close: (statusCode, reason) => socket.close(statusCode, reason),
    terminate: () => socket.terminate(),
    probe() {
      probes = (probes + 1) & 255;
      // Not of 4 bytes, as the Pings of the heartbeat are.
      const sent = [0x70, 0x72, 0x6f, 0x62, 0x65, probes];
      return new Promise((resolve) => {
        setAnswer((payload) => {
          if (payload.length !== sent.length || payload.some((byte, at) => byte !== sent[at]))
            return false;
          resolve();
          return true;
        });
        socket.ping(Uint8Array.from(sent));
      });
    },
  };
}
