import { clearImmediate, clearTimeout, setImmediate, setTimeout } from "node:timers";
import { type ConnectOptions, connect, type Socket } from "framewright";
import { statusName } from "../exit-status.ts";
import type { Measurement } from "./measurement.ts";
import type { Pace } from "./pace.ts";
import { isSame, type Payloads } from "./payload.ts";

interface InFlight {
  readonly data: string | Uint8Array;
  /** When it was due, in milliseconds of `performance.now()`. */
  readonly dueAt: number;
}

/** One connection of a benchmark. It sends messages and checks that they come back in order. */
export class LoadConnection {
  /** Whether `stop` was called, so that the connection may end. */
  private stopped = false;
  private pace: Pace | undefined = undefined;
  private timer: NodeJS.Timeout | undefined = undefined;
  private immediate: NodeJS.Immediate | undefined = undefined;
  private readonly inFlight: InFlight[] = [];
  private readonly socket: Socket;
  private readonly payloads: Payloads;
  private readonly measurement: Measurement;
  private readonly pipeline: number;
  /** Takes one message of those that all connections may send. False when there are none left. */
  private readonly takeOne: () => boolean;
  /** Called when a message has come back and none is in flight. */
  private readonly idle: () => void;

  private constructor(socket: Socket, settings: LoadSettings) {
    this.socket = socket;
    this.payloads = settings.payloads();
    this.measurement = settings.measurement;
    this.pipeline = settings.pipeline;
    this.takeOne = settings.takeOne;
    this.idle = settings.idle;
  }

  /** Opens a connection. It sends nothing before `start`. */
  static async open(
    url: string,
    options: ConnectOptions,
    settings: LoadSettings,
  ): Promise<LoadConnection> {
    let connection: LoadConnection | undefined;
    const socket = await connect(url, {
      ...options,
      message: (_socket, data) => connection?.receive(data),
      close: (_socket, statusCode, reason) => connection?.ended(statusCode, reason),
    });
    connection = new LoadConnection(socket, settings);
    return connection;
  }

  start(pace: Pace): void {
    this.pace = pace;
    this.fill();
  }

  /** Sends no more messages. Those in flight may still come back. */
  pause(): void {
    this.pace = undefined;
    this.clearTimers();
  }

  private clearTimers(): void {
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
  }

  get hasEnded(): boolean {
    return this.socket.readyState === "closed";
  }

  get isIdle(): boolean {
    return this.inFlight.length === 0;
  }

  /** Closes the connection and waits until it has ended. */
  async stop(): Promise<void> {
    this.pause();
    this.stopped = true;
    this.socket.close(1000);
    await this.socket.closed;
  }

  /** Ends the connection without a closing handshake. */
  terminate(): void {
    this.pause();
    this.stopped = true;
    this.socket.terminate();
  }

  /** Sends the messages that are due while fewer than `pipeline` are in flight. */
  private fill(): void {
    this.clearTimers();
    const { pace } = this;
    if (pace === undefined) return;
    while (this.inFlight.length < this.pipeline) {
      const now = performance.now();
      const dueAt = pace.nextAt(now);
      if (dueAt > now) return this.fillIn(dueAt - now);
      if (!this.takeOne()) return;
      pace.advance();
      const data = this.payloads.next();
      this.inFlight.push({ data, dueAt });
      if (this.socket.send(data) === "dropped") return;
    }
  }

  /**
   * Timers fire up to a millisecond late, which would count as latency of the server. So the last
   * millisecond is spent in turns of the event loop.
   */
  private fillIn(time: number): void {
    if (time > 2) this.timer = setTimeout(() => this.fill(), time - 1);
    else this.immediate = setImmediate(() => this.fill());
  }

  private receive(data: string | Uint8Array): void {
    const now = performance.now();
    const sent = this.inFlight.shift();
    if (sent === undefined || !isSame(sent.data, data)) this.measurement.mismatches++;
    else this.measurement.add(now - sent.dueAt);
    this.fill();
    if (this.isIdle) this.idle();
  }

  private ended(statusCode: number, reason: string): void {
    this.pause();
    this.inFlight.length = 0;
    const why = reason === "" ? statusName(statusCode) : `${statusName(statusCode)}: ${reason}`;
    if (!this.stopped) this.measurement.lose(`${statusCode}, ${why}`);
    this.idle();
  }
}

/** What all connections of a run have in common. */
export interface LoadSettings {
  readonly payloads: () => Payloads;
  readonly measurement: Measurement;
  /** Maximum number of messages in flight on a connection. */
  readonly pipeline: number;
  readonly takeOne: () => boolean;
  readonly idle: () => void;
}
