import {
  type Bytes,
  HandshakeError,
  type HandshakeErrorCode,
  PreparedMessage,
} from "@framewright/codec";
import type { HeadersInit } from "@framewright/codec/handshake";
import { copyBytes, utf8Length } from "@framewright/codec/internal";
import { noDiagnostics } from "../diagnostics.ts";
import {
  checkKeys,
  checkOptionNames,
  checkOptions,
  type OptionNames,
} from "../options/option-values.ts";
import type { ConnectionFailure } from "../reconnecting/policy.ts";
import {
  type Connector,
  type Link,
  type ReconnectingError,
  type ReconnectingState,
  Reconnection,
  type ReconnectOptions,
} from "../reconnecting/reconnection.ts";
import { isBlob } from "../runtime/blob.ts";
import { checkSendable } from "../socket/check-message.ts";
import { reportError } from "../socket/handlers.ts";
import type { Message } from "../socket/message-queue.ts";
import type { DroppedMessage, Sendable, SendResult, Socket } from "../socket/socket-types.ts";
import { type AnyConnectOptions, connectOptionNames } from "./connect-options.ts";
import type { NetworkWatch } from "./network-watch.ts";
import type {
  AnyReconnectingOptions,
  Reconnecting,
  ReconnectingUrl,
  UrlValue,
} from "./reconnecting-types.ts";

const ownNames: OptionNames<ReconnectOptions<Socket, DroppedMessage>> = {
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
  options: AnyConnectOptions<Data>,
) => Promise<Socket<Data>>;

/** Faults that another try may not have. With an HTTP status, that decides. */
const passing: readonly HandshakeErrorCode[] = [
  "WS_ERR_CONNECT_FAILED",
  "WS_ERR_HANDSHAKE_TIMEOUT",
  "WS_ERR_HANDSHAKE_INCOMPLETE",
  "WS_ERR_UNEXPECTED_RESPONSE",
];

/**
 * Keeps a connection to a server. Each transport package implements `reconnecting` with it.
 *
 * @param options - Retained, not modified. Its functions are called as its methods.
 * @param connect - Opens each connection.
 * @param watch - Tells when the machine is online again.
 * @throws TypeError for an unknown option; RangeError for an invalid one of `RetryOptions`.
 */
export function reconnectingWith<Data>(
  url: ReconnectingUrl,
  options: AnyReconnectingOptions<Data>,
  connect: Connect<Data>,
  watch?: NetworkWatch,
): Reconnecting<Data> {
  checkOptions(options, "reconnecting");
  checkOptionNames(options, { ...connectOptionNames, ...ownNames });
  const { queue } = options;
  if (typeof queue === "object" && queue !== null) {
    checkKeys("queue", queue, ["maxBytes", "maxTime"]);
  }
  return new ReconnectingClient(url, options, connect, watch);
}

class ReconnectingClient<Data> implements Reconnecting<Data> {
  private readonly connection: Reconnection<Socket<Data>, DroppedMessage>;

  constructor(
    url: ReconnectingUrl,
    options: AnyReconnectingOptions<Data>,
    connect: Connect<Data>,
    watch: NetworkWatch | undefined,
  ) {
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

  get state(): ReconnectingState {
    return this.connection.state;
  }

  get socket(): Socket<Data> | undefined {
    return this.connection.socket;
  }

  get ready(): Promise<Socket<Data>> {
    return this.connection.ready;
  }

  get closed(): Promise<ReconnectingError> {
    return this.connection.closed;
  }

  get queuedAmount(): number {
    return this.connection.queuedAmount;
  }

  send(data: Sendable): SendResult {
    return this.connection.send(checkSendable(data) as DroppedMessage);
  }

  retryNow(): void {
    this.connection.retryNow();
  }

  close(statusCode?: number, reason?: string): void {
    this.connection.close(statusCode, reason);
  }

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
  options: AnyReconnectingOptions<Data>,
  connect: Connect<Data>,
): Connector<Socket<Data>, DroppedMessage> {
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
      const own: AnyConnectOptions<Data> = Object.assign(Object.create(options), {
        headers: fields ?? {},
        signal,
        pong(socket: Socket<Data>, payload: Bytes) {
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
      if (isBlob(data)) return data.size;
      return typeof data === "string" ? utf8Length(data) : (data as Uint8Array).length;
    },
    copy: (data) => (data instanceof Uint8Array ? copyBytes(data, 0, data.length) : data),
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
): Link<Socket<Data>, DroppedMessage> {
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
