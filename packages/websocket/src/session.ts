import {
  type CloseInfo,
  Connection,
  ConnectionEvent,
  type ConnectionOptions,
  ConnectionState,
  copyBytes,
  type DeflateSettings,
  type PerMessageDeflate,
  StatusCode,
} from "@framewright/codec";
import type { Deadlines, Expiring } from "./deadlines.ts";
import { flushSoon } from "./flush-queue.ts";
import { type Direction, type Handlers, reportError } from "./handlers.ts";
import { type Message, MessageQueue } from "./message-queue.ts";
import type { OpenSockets } from "./open-sockets.ts";
import type { Transport, TransportListener } from "./transport.ts";
import type { WebSocket } from "./websocket.ts";

/** With so many bytes waiting, a burst is not gathered any further. */
const flushLength = 65_536;

/** What all sockets of a server, or one client, share. */
export interface SocketSettings<Data> {
  readonly handlers: Handlers<Data>;
  readonly connection: ConnectionOptions;
  /** The same for connections that compress. */
  readonly compressed: ConnectionOptions;
  /** Left out, there are none. */
  readonly compression: DeflateSettings | undefined;
  /** Sockets whose closing handshake, or the end of whose transport, is under way. */
  readonly closing: Deadlines<Expiring & { terminate(): void }>;
  /** The sockets that are open: each is in here from before `open` until just before `close`. */
  readonly sockets: OpenSockets<Data>;
}

/**
 * Drives one connection over one transport: reads while messages can be delivered, writes once per
 * received chunk or microtask, and brings both to their end within the close timeout.
 */
export class Session<Data> implements TransportListener {
  readonly connection: Connection;
  readonly transport: Transport;
  /** Set when messages go to `for await` instead of a handler. */
  readonly messages: MessageQueue | undefined;
  /** The connection is over and the `close` handler has been called. */
  finished = false;
  /** User code has been told that sent messages wait. */
  needsDrain = false;
  drainWaiters: (() => void)[] | undefined = undefined;
  closeWaiter: ((info: CloseInfo) => void) | undefined = undefined;
  socket!: WebSocket<Data>;
  /** For `Deadlines`. */
  deadlinePlace = -1;
  /** For `OpenSockets`. */
  listPlace = -1;

  private readonly settings: SocketSettings<Data>;
  /** Within `read`: what is sent goes out at its end. */
  private reading = false;
  private flushScheduled = false;
  /** User code asked for a pause. */
  private paused = false;
  /** An asynchronous message handler has not settled. */
  private busy = false;
  /** The transport is paused. */
  private held = false;
  private inputEnded = false;
  private outputEnded = false;
  /** Bytes of the handshake's answer that have not been written. */
  private unshown = 0;

  constructor(
    settings: SocketSettings<Data>,
    transport: Transport,
    deflate: PerMessageDeflate | undefined,
  ) {
    this.settings = settings;
    this.transport = transport;
    const { connection, compressed } = settings;
    this.connection = new Connection(deflate === undefined ? connection : compressed, deflate);
    this.messages =
      settings.handlers.message === undefined
        ? new MessageQueue(() => this.continueReading())
        : undefined;
  }

  /** Takes over the transport after the opening handshake; see `openWebSocket`. */
  start(socket: WebSocket<Data>, answer: Uint8Array, rest: Uint8Array): void {
    this.socket = socket;
    this.settings.sockets.add(this);
    this.transport.listener = this;
    this.connection.enqueue(answer);
    this.unshown = answer.length;
    this.reading = true; // what `open` sends goes out together with the answer
    if (this.settings.handlers.open !== undefined) {
      this.guard(() => this.settings.handlers.open?.(socket));
    }
    this.reading = false;
    if (rest.length > 0) this.receive(rest);
    this.flush();
    if (!this.held && !this.finished) this.transport.resume();
  }

  receive(bytes: Uint8Array): void {
    const { connection } = this;
    // After the closing handshake only the transport's end is waited for.
    if (connection.closed !== undefined) return;
    this.showWire("in", bytes, bytes.length);
    connection.receive(bytes);
    if (!this.blocked) this.read();
    if (connection.unread === 0) return;
    connection.retain();
    if (this.blocked) this.hold();
  }

  drained(): void {
    this.flush();
  }

  ended(): void {
    this.inputEnded = true;
    if (!this.blocked) this.read();
  }

  failed(error: Error): void {
    this.connection.end(error);
    this.finish();
  }

  /** Starts the closing handshake; `receive` and `ended` do the rest. */
  close(statusCode?: number, reason?: string): void {
    if (!this.connection.close(statusCode, reason)) return;
    this.settings.closing.add(this);
    this.wrote();
    this.resume();
  }

  /** Gives up at once. */
  terminate(): void {
    if (this.finished) return;
    this.connection.end();
    this.finish();
  }

  pause(): void {
    if (this.connection.state !== ConnectionState.Open) return;
    this.paused = true;
    this.hold();
  }

  resume(): void {
    this.paused = false;
    this.continueReading();
  }

  /** Says that something was queued: it goes out with the burst that it is part of. */
  wrote(): void {
    if (this.connection.bufferedAmount >= flushLength) {
      this.flush();
    } else if (!this.reading && !this.flushScheduled) {
      this.flushScheduled = true;
      flushSoon(this);
    }
  }

  /** Writes what waits, as far as the transport takes it. */
  flush(): void {
    this.flushScheduled = false;
    if (this.finished) return;
    const { connection, transport } = this;
    for (let bytes = connection.peek(); bytes !== undefined; bytes = connection.peek()) {
      const taken = transport.write(bytes);
      connection.advance(taken); // before user code, which may send and so come here again
      this.showWire("out", bytes, taken);
      if (this.finished || taken < bytes.length) return;
    }
    if (transport.pending === 0) this.wroteAll();
    if (connection.closed !== undefined) this.endOutput();
  }

  /** Messages cannot be delivered now. */
  private get blocked(): boolean {
    if (this.paused || this.busy) return true;
    // Once we have closed, what nobody reads must not keep the peer's Close frame away.
    return this.messages?.full === true && this.connection.state === ConnectionState.Open;
  }

  private read(): void {
    if (this.reading || this.finished) return;
    this.reading = true;
    const { connection } = this;
    while (!this.blocked && !this.finished) {
      const event = connection.next();
      if (event === ConnectionEvent.Message) this.deliver(connection.message);
      else if (event === ConnectionEvent.Pong) this.deliverPong(connection.payload);
      else if (event === ConnectionEvent.NeedData) {
        if (!this.inputEnded || connection.closed !== undefined) break;
        connection.end();
      }
    }
    this.reading = false;
    this.flush();
    if (connection.closed !== undefined && !this.finished) this.settings.closing.add(this);
  }

  private continueReading(): void {
    if (this.blocked || this.reading || this.finished) return;
    this.read();
    if (!this.blocked) this.release();
  }

  private hold(): void {
    if (this.held || this.finished) return;
    this.held = true;
    this.transport.pause();
  }

  private release(): void {
    if (!this.held || this.finished) return;
    this.held = false;
    this.transport.resume();
  }

  private deliver(message: Message): void {
    const { handlers } = this.settings;
    if (this.messages !== undefined) {
      if (!this.messages.full) this.messages.push(message);
      return;
    }
    try {
      const result = handlers.message?.(this.socket, message);
      if (result === undefined || typeof result?.then !== "function") return;
      this.busy = true;
      result.then(
        () => this.handled(),
        (error) => {
          this.handlerFailed(error);
          this.handled();
        },
      );
    } catch (error) {
      this.handlerFailed(error);
    }
  }

  private handled(): void {
    this.busy = false;
    this.continueReading();
  }

  private deliverPong(payload: Uint8Array): void {
    const { pong } = this.settings.handlers;
    if (pong === undefined) return;
    this.guard(() =>
      this.settings.handlers.pong?.(this.socket, copyBytes(payload, 0, payload.length)),
    );
  }

  private showWire(direction: Direction, bytes: Uint8Array, length: number): void {
    if (this.settings.handlers.wire === undefined) return;
    // The handshake's answer goes out in front of the first frames, but is no part of them.
    const shown = bytes.subarray(direction === "out" ? this.unshown : 0, length);
    if (direction === "out") this.unshown = Math.max(this.unshown - length, 0);
    if (shown.length === 0) return;
    this.guard(() => this.settings.handlers.wire?.(this.socket, direction, shown));
  }

  /** Nothing waits any more. */
  private wroteAll(): void {
    this.connection.release();
    const waiters = this.drainWaiters;
    this.drainWaiters = undefined;
    for (const resolve of waiters ?? []) resolve();
    if (!this.needsDrain) return;
    this.needsDrain = false;
    this.guard(() => this.settings.handlers.drain?.(this.socket));
  }

  /** Calls user code: what it throws must not reach the transport. */
  private guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.handlerFailed(error);
    }
  }

  private handlerFailed(error: unknown): void {
    reportError(this.settings.handlers, error, this.socket);
    this.close(StatusCode.InternalError);
  }

  /** Everything is out and nothing will follow. */
  private endOutput(): void {
    const { role } = this.settings.connection;
    // RFC 6455 section 7.1.1: the server closes TCP first, the client waits for it unless it
    // has to fail the connection.
    const first = role === "server" || this.connection.closed?.wasClean === false;
    if (!this.outputEnded && (first || this.inputEnded)) {
      this.outputEnded = true;
      this.transport.shutdown();
    }
    if (!this.inputEnded) this.release();
    else if (this.transport.pending === 0) this.finish();
  }

  private finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.settings.closing.delete(this);
    // After both directions have ended the transport closes by itself.
    const ended = this.outputEnded && this.inputEnded && this.transport.pending === 0;
    if (!ended) this.transport.destroy();
    this.connection.discard();
    this.messages?.end();
    this.settings.sockets.delete(this);
    const info = this.connection.closed as CloseInfo;
    for (const resolve of this.drainWaiters ?? []) resolve();
    const { handlers } = this.settings;
    if (handlers.close !== undefined) {
      const { statusCode, reason, wasClean } = info;
      this.guard(() => handlers.close?.(this.socket, statusCode, reason, wasClean));
    }
    this.closeWaiter?.(info);
  }
}
