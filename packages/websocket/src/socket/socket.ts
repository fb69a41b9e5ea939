import {
  type CloseInfo,
  ConnectionState,
  InvalidStateError,
  PreparedMessage,
} from "@framewright/codec";
import type { PerMessageDeflate } from "@framewright/codec/deflate";
import { noBytes, typeError } from "@framewright/codec/internal";
import type { Transport } from "../transport/transport.ts";
import type { Message } from "./message-queue.ts";
import { Session, type SocketSettings } from "./session.ts";

/**
 * What became of a message: "sent" is on its way; "queued" is too, but the peer does not read as fast
 * as you send, so wait for `drain`; "dropped" is not, because the connection is closing or closed.
 */
export type SendResult = "sent" | "queued" | "dropped";

/** With more than this many bytes waiting, `send` says "queued". */
const maxUnqueuedAmount = 65_536;
/**
 * An open WebSocket connection. `serve` and `connect` make them.
 *
 * @example
 * for await (const message of socket) socket.send(message);
 * const { statusCode, reason } = await socket.closed;
 */
export class Socket<Data = undefined> implements AsyncIterable<Message> {
  /** What `accept` returned. Yours to use and to replace. */
  data: Data;
  /** The subprotocol in use, or "". */
  readonly subprotocol: string;
  /** The extensions in use, as the server's header has them, or "": such as `permessage-deflate; client_max_window_bits=12`. */
  readonly extensions: string;
  private readonly session: Session<Data>;
  private closedPromise: Promise<CloseInfo> | undefined = undefined;

  /** For `openWebSocket`. */
  constructor(session: Session<Data>, { subprotocol, extensions }: HandshakeResult, data: Data) {
    this.data = data;
    this.subprotocol = subprotocol;
    this.extensions = extensions;
    this.session = session;
  }

  /** The peer's IP address, or "" when the transport has none. */
  get remoteAddress(): string {
    return this.session.transport.remoteAddress;
  }

  /** "open" while messages can be sent, then "closing" until the connection is over. */
  get readyState(): "open" | "closing" | "closed" {
    if (this.session.finished) return "closed";
    return this.session.connection.state === ConnectionState.Open ? "open" : "closing";
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedAmount(): number {
    return this.session.bufferedAmount;
  }

  /** Settles when the connection is over: how it ended. Never rejects. */
  get closed(): Promise<CloseInfo> {
    const { session } = this;
    this.closedPromise ??= new Promise((resolve) => {
      if (session.finished) resolve(session.connection.closed as CloseInfo);
      else session.closeWaiter = resolve;
    });
    return this.closedPromise;
  }

  /** Settles when nothing that was sent waits any more, or the connection is over. Never rejects. */
  get drained(): Promise<void> {
    const { session } = this;
    if (this.bufferedAmount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      session.drainWaiters ??= [];
      session.drainWaiters.push(resolve);
    });
  }

  /**
   * Sends one message (RFC 6455 section 6.1).
   *
   * @param data - A string is sent as text, bytes as binary; or what `prepare` made. Up to 64 KiB are copied at once; longer
   *   ones may be retained until written: do not change them before `drained`.
   * @throws TypeError when it is none of these.
   *
   * @example
   * if (socket.send(data) === "queued") await socket.drained;
   */
  send(data: string | Uint8Array | ArrayBuffer | PreparedMessage): SendResult {
    const message = checkMessage(data);
    const { connection } = this.session;
    const queued =
      message instanceof PreparedMessage
        ? connection.sendPrepared(message)
        : connection.send(message);
    return queued ? this.sent() : "dropped";
  }

  /**
   * Sends a message unless too much waits already: for what a peer that does not read may miss.
   *
   * @param maxBufferedAmount - In bytes.
   * @returns Whether it was sent or queued.
   */
  offer(
    data: string | Uint8Array | ArrayBuffer | PreparedMessage,
    maxBufferedAmount: number,
  ): boolean {
    // What waits for the end of this burst has not been offered to the transport yet.
    if (this.bufferedAmount > maxBufferedAmount) this.session.flush();
    return this.bufferedAmount <= maxBufferedAmount && this.send(data) !== "dropped";
  }

  /**
   * Sends a Ping (RFC 6455 section 5.5.2). Pings of the peer are answered without your help.
   *
   * @param payload - At most 125 bytes. Copied.
   * @throws RangeError when it is longer.
   */
  ping(payload: Uint8Array = noBytes): SendResult {
    if (!this.session.connection.ping(payload)) return "dropped";
    return this.sent();
  }

  /**
   * Starts the closing handshake (RFC 6455 section 7.1.2); does nothing when it has been started.
   * Messages that the peer sent before its answer are still delivered.
   *
   * @param statusCode - 1000 to 1003, 1007 to 1014 or 3000 to 4999; left out, the peer sees 1005.
   * @param reason - At most 123 bytes in UTF-8.
   * @throws RangeError or TypeError when they may not be sent.
   */
  close(statusCode?: number, reason?: string): void {
    this.session.close(statusCode, reason);
  }

  /** Gives up the connection at once, without a closing handshake: 1006. */
  terminate(): void {
    this.session.terminate();
  }

  /** Stops the delivery of messages, and with it the peer, until `resume` or `close`. */
  pause(): void {
    this.session.pause();
  }

  /** Delivers messages again. */
  resume(): void {
    this.session.resume();
  }

  /**
   * Messages one by one, until the connection is over. While you do not ask for the next one, the
   * peer is paused once some 64 KiB wait. Leaving the loop neither closes the socket nor loses messages.
   *
   * @throws InvalidStateError when there is a `message` handler.
   */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    const { messages } = this.session;
    if (messages === undefined) {
      throw new InvalidStateError("messages of this socket go to its message handler");
    }
    return messages;
  }

  private sent(): SendResult {
    const { session } = this;
    session.scheduleFlush();
    if (this.bufferedAmount <= maxUnqueuedAmount) return "sent";
    session.needsDrain = true;
    return "queued";
  }
}

/**
 * Checks what is to be sent.
 *
 * @throws TypeError when it is nothing that can be.
 */
export function checkMessage(data: unknown): string | Uint8Array | PreparedMessage {
  if (typeof data === "string" || data instanceof Uint8Array) return data;
  if (data instanceof PreparedMessage) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw typeError(
    "WS_ERR_INVALID_ARGUMENT",
    `a message must be a string, Uint8Array or ArrayBuffer, got ${typeof data}`,
  );
}

/** What the opening handshake has come to. */
export interface HandshakeResult {
  /** "" for none. */
  readonly subprotocol: string;
  /** The header's value, "" for none. */
  readonly extensions: string;
  /** Left out, messages are not compressed. */
  readonly deflate: PerMessageDeflate | undefined;
}

/**
 * Makes the socket of a connection whose opening handshake is done, and starts it: the handshake's
 * answer goes out, `open` is called, then what the peer sends is delivered. For transports and
 * handshakes, not for user code.
 *
 * @param settings - Retained, not modified.
 * @param transport - From now on the socket's.
 * @param answer - What remains to be sent of the opening handshake. Retained, not modified.
 * @param rest - Bytes that came after it. Borrowed and modified.
 */
export function openSocket<Data>(
  settings: SocketSettings<Data>,
  transport: Transport,
  negotiated: HandshakeResult,
  data: Data,
  answer: Uint8Array,
  rest: Uint8Array,
): Socket<Data> {
  const session = new Session(settings, transport, negotiated.deflate);
  const socket = new Socket(session, negotiated, data);
  session.start(socket, answer, rest);
  return socket;
}
