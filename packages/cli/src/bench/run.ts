import { setTimeout as delay } from "node:timers/promises";
import type { ConnectOptions } from "framewright";
import { LoadConnection } from "./connection.ts";
import { Measurement } from "./measurement.ts";
import { constantPace, unlimited } from "./pace.ts";
import { Payloads } from "./payload.ts";

/** What a benchmark does. Times are in milliseconds. */
export interface BenchSettings {
  readonly connections: number;
  /** Length of each message in bytes. */
  readonly size: number;
  readonly isBinary: boolean;
  /** Messages a second of all connections together; undefined for as many as come back. */
  readonly rate: number | undefined;
  readonly pipeline: number;
  readonly warmUp: number;
  readonly duration: number;
  /** Number of messages after which the run ends; undefined for those of its duration. */
  readonly count: number | undefined;
}

/** What a benchmark found. */
export interface BenchResult {
  readonly measurement: Measurement;
  /** How long was measured, in milliseconds. */
  readonly elapsed: number;
  /** Number of messages that came back in this time. */
  readonly messages: number;
  /** How long it took to open all connections, in milliseconds. */
  readonly connecting: number;
  /** Whether it was interrupted. */
  readonly isInterrupted: boolean;
}

/** What a run is doing, for a progress bar. */
export interface Progress {
  readonly phase: "connecting" | "warm-up" | "measuring";
  /** 0 to 1. */
  readonly done: number;
  /** Number of messages that came back in this phase. */
  readonly messages: number;
}

/** How long messages in flight are awaited when the time is over, in milliseconds. */
const drainTime = 5_000;

/** One run of a benchmark. */
export class BenchRun {
  private readonly measurement = new Measurement();
  private readonly connections: LoadConnection[] = [];
  private readonly settings: BenchSettings;
  private readonly report: (progress: Progress) => void;
  /** Messages that may still be sent in this phase. */
  private left = Number.POSITIVE_INFINITY;
  private readonly interruption = new AbortController();
  private wake: () => void = () => {};

  constructor(settings: BenchSettings, report: (progress: Progress) => void) {
    this.settings = settings;
    this.report = report;
  }

  /** Ends the run early. What was measured is reported. */
  interrupt(): void {
    this.interruption.abort();
    this.wake();
  }

  /** @throws HandshakeError if a connection cannot be opened. */
  async run(url: string, options: ConnectOptions): Promise<BenchResult> {
    const { warmUp, duration, count } = this.settings;
    const begin = performance.now();
    try {
      await this.open(url, options);
      const connecting = performance.now() - begin;
      if (warmUp > 0) await this.phase("warm-up", warmUp, undefined);
      this.measurement.reset();
      const sent = await this.phase("measuring", duration, count);
      const { measurement, isInterrupted } = this;
      await Promise.all(this.connections.map((connection) => connection.stop()));
      return { measurement, ...sent, connecting, isInterrupted };
    } finally {
      for (const connection of this.connections) connection.terminate();
    }
  }

  private get isInterrupted(): boolean {
    return this.interruption.signal.aborted;
  }

  private async open(url: string, options: ConnectOptions): Promise<void> {
    const { connections, size, isBinary, pipeline } = this.settings;
    const settings = {
      payloads: () => new Payloads(size, isBinary),
      measurement: this.measurement,
      pipeline,
      takeOne: () => this.left > 0 && this.left-- > 0,
      idle: () => this.wake(),
    };
    const { signal } = this.interruption;
    const open = async () => {
      const connection = await LoadConnection.open(url, { ...options, signal }, settings);
      this.connections.push(connection);
      const done = this.connections.length / connections;
      this.report({ phase: "connecting", done, messages: 0 });
    };
    await Promise.all(Array.from({ length: connections }, open));
  }

  /**
   * Sends for a while, or so many messages, and waits until those in flight have come back.
   *
   * @returns How long it sent, and how many messages came back meanwhile.
   */
  private async phase(
    phase: Progress["phase"],
    duration: number,
    count: number | undefined,
  ): Promise<{ elapsed: number; messages: number }> {
    const start = performance.now();
    this.left = count ?? Number.POSITIVE_INFINITY;
    this.startAll(start);
    const ticks = setInterval(() => {
      const { messages } = this.measurement;
      const done = count === undefined ? (performance.now() - start) / duration : messages / count;
      this.report({ phase, done: Math.min(1, done), messages });
    }, 100);
    const isOver = () => this.left === 0 && this.isIdle;
    if (count === undefined) await Promise.race([this.timer(duration), this.until(() => false)]);
    else await this.until(isOver);
    for (const connection of this.connections) connection.pause();
    const elapsed = performance.now() - start;
    const { messages } = this.measurement;
    await Promise.race([this.until(() => this.isIdle), this.timer(drainTime)]);
    clearInterval(ticks);
    this.report({ phase, done: 1, messages });
    return { elapsed, messages };
  }

  private async timer(time: number): Promise<void> {
    const { signal } = this.interruption;
    await delay(time, undefined, { signal, ref: false }).catch(() => {});
  }

  /** Starts all connections. With a rate, their messages are spread over its interval. */
  private startAll(start: number): void {
    const { rate, connections } = this.settings;
    for (const [index, connection] of this.connections.entries()) {
      if (rate === undefined) connection.start(unlimited);
      else connection.start(constantPace(rate / connections, start + (index * 1_000) / rate));
    }
  }

  private get isIdle(): boolean {
    return this.connections.every(({ isIdle }) => isIdle);
  }

  /** Waits for a condition, or until the run is interrupted or no connection is left. */
  private async until(isMet: () => boolean): Promise<void> {
    while (!isMet() && !this.isInterrupted && !this.connections.every(({ hasEnded }) => hasEnded)) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
