import { type CloseInfo, HandshakeError } from "@framewright/codec";
import { utf8Length, withCode } from "@framewright/codec/internal";
import type { AnyConnectOptions } from "../client/connect-options.ts";
import type { OpenTransport } from "../client/open-transport.ts";
import { blobGlobals } from "../runtime/blob.ts";
import { globals } from "../runtime/globals.ts";
import type { Message } from "../socket/message-queue.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import { Outbox, type OutgoingMessage } from "./outbox.ts";
import { type UsedEvent, type UsedEventTarget, webGlobals } from "./runtime-types.ts";
import { connectFailed, startConnecting } from "./start-connecting.ts";
import { closeEvent, errorEvent, messageEvent, openEvent } from "./web-events.ts";
import type { WebUrl } from "./web-url.ts";
import type { WebSocketArguments } from "./websocket-options.ts";

/** The values of `WebSocket.readyState`. */
export const ReadyState = { Connecting: 0, Open: 1, Closing: 2, Closed: 3 } as const;

/** Received bytes that may wait for their events before the server is paused. */
const maxWaiting = 1_048_576;

/** What each message counts beside its bytes, so that empty ones are bounded too. */
const messageCost = 128;

/** Up to this length the socket copies what it sends. */
const maxCopiedLength = 65_536;

/**
 * The state of one `WebSocket` and its connection. What happens on the network becomes tasks of the
 * event loop, one for each event, in the standard's order: promise callbacks of one event run
 * before the next event.
 */
export class WebConnection {
  readonly url: string;
  binaryType: "blob" | "arraybuffer" = "blob";
  protocol = "";
  extensions = "";
  private readonly target: UsedEventTarget;
  private readonly origin: string;
  private readonly abort = new globals.AbortController();
  private readonly outbox: Outbox;
  private socket: Socket | undefined = undefined;
  private state: number = ReadyState.Connecting;
  /** Whether the connection has failed or ended. The tasks that tell it are queued or done. */
  private isOver = false;
  /** The task that runs is among them. */
  private pendingTasks = 0;
  private isInTask = false;
  /** Length of the messages whose events are queued, in bytes or UTF-16 code units, and their cost. */
  private waiting = 0;
  private resume: (() => void) | undefined = undefined;
  /** Bytes that were passed to the socket and are not known to be written. */
  private unwritten = 0;
  /** Bytes that were sent too late. */
  private unsent = 0;
  /** Whether `bufferedAmount` may not decrease before the next task. */
  private isFrozen = false;
  /** Stops listening to the option `signal`. */
  private unwatch: () => void = () => {};

  constructor(target: UsedEventTarget, { href, origin }: WebUrl) {
    this.target = target;
    this.url = href;
    this.origin = origin;
    this.outbox = new Outbox(
      (data, length) => this.sendNow(data, length),
      (cause) => this.fail(fault("WS_ERR_UNREADABLE_BLOB", "a Blob cannot be read", cause)),
    );
  }

  /**
   * Starts to connect.
   *
   * @throws TypeError or RangeError for an invalid option.
   */
  connect(args: WebSocketArguments, open: OpenTransport, support: RuntimeSupport): void {
    const { protocols, options } = args;
    const own: AnyConnectOptions = {
      maxBufferedAmount: options.maxBufferedAmount ?? Number.MAX_SAFE_INTEGER,
      open: (socket) => {
        if (this.isOver) socket.terminate();
        else this.opened(socket, protocols.length > 0);
      },
      message: (_socket, data) => this.received(data),
      drain: () => this.countWritten(),
    };
    const { url } = this;
    const { signal } = this.abort;
    const fail = (fault: Error) => this.fail(fault);
    const aborted = (reason: unknown) => fail(connectFailed("the signal was aborted", reason));
    const connecting = startConnecting({ url, args, signal, own, fail, aborted }, open, support);
    if (connecting === undefined) return;
    this.unwatch = connecting.unwatch;
    connecting.socket.catch(fail);
  }

  get readyState(): number {
    const { socket, state } = this;
    // The server's Close frame is a task too. It has run when none is pending.
    const isClosing = state === ReadyState.Open && this.pendingTasks === 0;
    return isClosing && socket?.readyState !== "open" ? ReadyState.Closing : state;
  }

  /** Sends a message, or only counts it if it is too late. Bytes are borrowed. */
  send(data: OutgoingMessage): void {
    const length =
      typeof data === "string"
        ? utf8Length(data)
        : data instanceof Uint8Array
          ? data.length
          : data.size;
    if (this.readyState === ReadyState.Open) this.outbox.add(data, length);
    else this.unsent += length;
  }

  private sendNow(data: string | Uint8Array, length: number): void {
    this.freeze();
    const isRetained = typeof data !== "string" && length > maxCopiedLength;
    if (this.socket?.send(isRetained ? data.slice() : data) === "dropped") this.unsent += length;
    else this.unwritten += length;
  }

  close(code: number | undefined, reason: string): void {
    const { state } = this;
    if (state === ReadyState.Connecting) {
      this.fail(connectFailed("the WebSocket was closed before the connection was open"));
      this.state = ReadyState.Closing;
    } else if (state === ReadyState.Open) {
      this.state = ReadyState.Closing;
      const statusCode = code === undefined && reason !== "" ? 1000 : code;
      this.outbox.end(() => this.socket?.close(statusCode, reason));
    }
  }

  /** Number of bytes of messages that are not written. Does not change within a task but by `send`. */
  get bufferedAmount(): number {
    this.countWritten();
    return this.outbox.waiting + this.unwritten + this.unsent;
  }

  private countWritten(): void {
    const { socket } = this;
    // A socket that has ended no longer knows what was not written.
    if (this.isFrozen || this.isOver || socket === undefined) return;
    this.unwritten = Math.min(this.unwritten, socket.bufferedAmount);
  }

  /** The next task, whichever it is, lets `bufferedAmount` decrease again. */
  private freeze(): void {
    if (this.isFrozen) return;
    this.isFrozen = true;
    if (this.pendingTasks === (this.isInTask ? 1 : 0)) this.queueTask(() => {});
  }

  private opened(socket: Socket, needsProtocol: boolean): void {
    this.socket = socket;
    this.unwatch();
    // The standard is stricter than RFC 6455: the server must choose one of the protocols.
    if (needsProtocol && socket.subprotocol === "") {
      const message = "the server chose none of the protocols";
      return this.fail(new HandshakeError("WS_ERR_INVALID_SUBPROTOCOL", 101, message));
    }
    socket.closed.then((info) => this.ended(info));
    this.queueTask(() => {
      if (this.state !== ReadyState.Connecting) return;
      this.state = ReadyState.Open;
      this.protocol = socket.subprotocol;
      this.extensions = socket.extensions;
      this.dispatch(openEvent());
    });
  }

  private received(data: Message): Promise<void> | undefined {
    const cost = data.length + messageCost;
    this.waiting += cost;
    this.queueTask(() => {
      this.deliver(data);
      this.waiting -= cost;
      if (this.waiting === 0) this.resume?.();
    });
    if (this.waiting <= maxWaiting) return undefined;
    return new Promise((resolve) => {
      this.resume = resolve;
    });
  }

  private deliver(data: Message): void {
    if (this.state !== ReadyState.Open) return;
    this.dispatch(messageEvent(this.present(data), this.origin));
  }

  private present(data: Message): unknown {
    if (typeof data === "string") return data;
    if (this.binaryType === "blob") return new blobGlobals.Blob([data]);
    return data.length === data.buffer.byteLength ? data.buffer : data.slice().buffer;
  }

  /** Fails the connection (RFC 6455 section 7.1.7). */
  private fail(error: Error): void {
    if (!this.end()) return;
    this.abort.abort();
    this.socket?.terminate();
    this.queueTask(() => this.dispatchEnd(error, 1006, ""));
  }

  private ended({ statusCode, reason, wasClean, error }: CloseInfo): void {
    if (!this.end()) return;
    if (wasClean) {
      this.unwritten = 0;
      return this.queueTask(() => this.dispatchEnd(undefined, statusCode, reason));
    }
    const isOurs = String((error as { code?: unknown } | undefined)?.code).startsWith("WS_ERR_");
    const message = "the connection ended without a Close frame";
    const reported = isOurs ? error : fault("WS_ERR_CONNECTION_LOST", message, error);
    this.queueTask(() => this.dispatchEnd(reported, 1006, ""));
  }

  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.unwatch();
    this.outbox.discard();
    return true;
  }

  private dispatchEnd(error: Error | undefined, code: number, reason: string): void {
    this.state = ReadyState.Closed;
    if (error !== undefined) this.dispatch(errorEvent(error));
    this.dispatch(closeEvent(code, reason, error === undefined));
  }

  private queueTask(task: () => void): void {
    this.pendingTasks++;
    globals.setImmediate(() => {
      this.isFrozen = false;
      this.isInTask = true;
      this.countWritten();
      task();
      this.isInTask = false;
      this.pendingTasks--;
    });
  }

  private dispatch(event: UsedEvent): void {
    webGlobals.EventTarget.prototype.dispatchEvent.call(this.target, event);
  }
}

/** Makes an error for what only a `WebSocket` reports as one. */
function fault(
  code: "WS_ERR_CONNECTION_LOST" | "WS_ERR_UNREADABLE_BLOB",
  message: string,
  cause: unknown,
): Error {
  return Object.assign(new Error(withCode(message, code), { cause }), { code });
}
