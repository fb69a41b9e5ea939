import type { Histogram } from "hdr-histogram-js";
// This module alone: the whole library has a copy in WebAssembly, ten times as long as the rest.
import int32 from "hdr-histogram-js/dist/Int32Histogram.js";

/** The class. Loaders differ in what the default import of a CommonJS module is. */
const Int32Histogram = int32.default ?? (int32 as unknown as typeof int32.default);

/** The longest latency that is told apart from longer ones, in microseconds: an hour. */
const maxLatency = 3_600_000_000;

/** What the connections of a run have measured together. */
export class Measurement {
  /** In microseconds, to three digits. */
  readonly latencies: Histogram = new Int32Histogram(1, maxLatency, 3);
  /** Number of messages that came back. */
  messages = 0;
  /** Number of messages that came back changed, in another order, or without having been sent. */
  mismatches = 0;
  /** Number of connections that ended before the run did. */
  lostConnections = 0;
  /** How the first of them ended. */
  firstLoss: string | undefined = undefined;

  /** @param latency - In milliseconds. */
  add(latency: number): void {
    this.messages++;
    this.latencies.recordValue(Math.min(maxLatency, Math.max(1, Math.round(latency * 1_000))));
  }

  lose(how: string): void {
    this.lostConnections++;
    this.firstLoss ??= how;
  }

  /** Forgets what was measured, when the warm-up is over. Faults are kept. */
  reset(): void {
    this.latencies.reset();
    this.messages = 0;
  }
}
