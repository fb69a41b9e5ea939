import type { Line } from "../instrument/child.ts";
import { percentile } from "../instrument/statistics.ts";

const maxSamples = 1 << 20;

/**
 * Measures one round of load: its duration, the latency of each answer and this process's CPU use.
 */
export class Round {
  private readonly latencies = new Float64Array(maxSamples);
  private count = 0;
  private startedAt = 0;
  private cpu = process.cpuUsage();

  start(): void {
    this.count = 0;
    this.cpu = process.cpuUsage();
    this.startedAt = performance.now();
  }

  /**
   * Records the answer to a request.
   *
   * @param sentAt - When the request was sent, in milliseconds.
   * @returns The current time in milliseconds.
   */
  answered(sentAt: number): number {
    const now = performance.now();
    if (this.count < maxSamples) this.latencies[this.count++] = now - sentAt;
    return now;
  }

  /** Returns the figures for the runner. Latencies are in nanoseconds. */
  finish(units: number): Line {
    const seconds = (performance.now() - this.startedAt) / 1_000;
    const { user, system } = process.cpuUsage(this.cpu);
    const sorted = this.latencies.subarray(0, this.count).sort();
    const nanoseconds = (part: number) => percentile(sorted, part) * 1e6;
    return {
      units,
      seconds,
      p50: nanoseconds(0.5),
      p99: nanoseconds(0.99),
      loadBusy: (user + system) / 1e6 / seconds,
    };
  }
}
