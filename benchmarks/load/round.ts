import type { Line } from "../instrument/child.ts";
import { percentile } from "../instrument/statistics.ts";

const maxSamples = 1 << 20;

/** Times one round of load: how long it took, how long each answer took, how busy this process was. */
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

  /** Something that was sent at this time, in milliseconds, has been answered. */
  answered(sentAt: number): number {
    const now = performance.now();
    if (this.count < maxSamples) this.latencies[this.count++] = now - sentAt;
    return now;
  }

  /** The answer to the runner: times in nanoseconds. */
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
