import type { Histogram } from "hdr-histogram-js";
import type { Colours } from "../terminal/colours.ts";
import { escapeText } from "../terminal/escape.ts";
import type { BenchResult, BenchSettings } from "./run.ts";

const percentiles = [50, 75, 90, 99, 99.9, 99.99] as const;

/** A result as it is printed with `--json`. Latencies are in milliseconds. */
export function jsonReport(url: string, settings: BenchSettings, result: BenchResult): object {
  const { measurement, elapsed, messages, connecting, isInterrupted } = result;
  const { latencies } = measurement;
  const perSecond = messagesPerSecond(result);
  return {
    url,
    settings,
    interrupted: isInterrupted,
    connectingMs: round(connecting),
    elapsedMs: round(elapsed),
    messages,
    messagesPerSecond: round(perSecond),
    bytesPerSecond: round(perSecond * settings.size),
    mismatches: measurement.mismatches,
    lostConnections: measurement.lostConnections,
    latencyMs: {
      count: latencies.totalCount,
      min: milliseconds(minimum(latencies)),
      mean: milliseconds(latencies.mean),
      stdDeviation: milliseconds(latencies.stdDeviation),
      max: milliseconds(latencies.maxValue),
      percentiles: Object.fromEntries(
        percentiles.map((rank) => [rank, milliseconds(percentile(latencies, rank))]),
      ),
    },
  };
}

/** A result for people. */
export function textReport(
  url: string,
  settings: BenchSettings,
  result: BenchResult,
  colours: Colours,
): string {
  const { measurement } = result;
  const { latencies } = measurement;
  const perSecond = messagesPerSecond(result);
  const rate = settings.rate === undefined ? "" : `, ${grouped(settings.rate)} messages/s wanted`;
  const lines = [
    colours.bold(escapeText(url)),
    `${settings.connections} connections, ${settings.size} bytes, pipeline ${settings.pipeline}${rate}`,
    "",
    `${grouped(result.messages)} messages in ${(result.elapsed / 1_000).toFixed(2)} s${
      result.isInterrupted ? ", interrupted" : ""
    }`,
    `${colours.green(`${grouped(perSecond)} messages/s`)}, ${(
      (perSecond * settings.size) / 1_048_576
    ).toFixed(2)} MiB/s each way`,
    ...faultLines(result, colours),
  ];
  if (latencies.totalCount === 0) return `${lines.join("\n")}\n`;
  const from = settings.rate === undefined ? "from sending" : "from when it was due";
  lines.push("", colours.bold(`Latency, ${from} to its echo`), ...latencyLines(latencies), "");
  return `${[...lines, ...histogramLines(latencies, colours)].join("\n")}\n`;
}

function faultLines({ measurement }: BenchResult, colours: Colours): string[] {
  const { mismatches, lostConnections, firstLoss } = measurement;
  const lines: string[] = [];
  if (mismatches > 0) lines.push(colours.red(`${grouped(mismatches)} echoes were wrong`));
  if (lostConnections > 0) {
    const first = escapeText(firstLoss ?? "");
    lines.push(colours.red(`${lostConnections} connections were lost; the first: ${first}`));
  }
  return lines;
}

function latencyLines(latencies: Histogram): string[] {
  const rows: [string, number][] = [
    ["min", minimum(latencies)],
    ...percentiles.map((rank): [string, number] => [`p${rank}`, percentile(latencies, rank)]),
    ["max", latencies.maxValue],
    ["mean", latencies.mean],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(7)}${shownTime(value).padStart(10)}`);
}

/** Eighths of a character's width. */
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const barWidth = 40;
const maxRows = 14;

/** Bars of how many messages had which latency. The ranges grow: each ends at the same factor. */
export function histogramLines(latencies: Histogram, colours: Colours): string[] {
  const low = Math.max(1, latencies.minNonZeroValue);
  const high = Math.max(low + 1, latencies.maxValue);
  const rows = Math.min(maxRows, Math.max(1, Math.ceil(Math.log(high / low) / Math.log(1.25))));
  const factor = (high / low) ** (1 / rows);
  const ends = Array.from({ length: rows }, (_, row) => low * factor ** (row + 1));
  const counts = countsUpTo(latencies, ends);
  const most = Math.max(...counts);
  return counts.map((count, row) => {
    const share = ((100 * count) / latencies.totalCount).toFixed(count === 0 ? 0 : 2);
    const end = shownTime(ends[row]).padStart(9);
    return `  ≤ ${end} ${colours.cyan(bar(count / most).padEnd(barWidth))} ${share.padStart(6)}%`;
  });
}

function countsUpTo(latencies: Histogram, ends: readonly number[]): number[] {
  const totals = ends.map((end, row) =>
    row === ends.length - 1 ? latencies.totalCount : countUpTo(latencies, end),
  );
  return totals.map((total, row) => total - (totals[row - 1] ?? 0));
}

/** Number of values up to `end`: the library tells values by percentile, not the reverse. */
function countUpTo(latencies: Histogram, end: number): number {
  let low = 0;
  let high = 100;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (latencies.getValueAtPercentile(middle) <= end) low = middle;
    else high = middle;
  }
  return Math.round((latencies.totalCount * low) / 100);
}

function bar(share: number): string {
  const units = Math.round(share * barWidth * 8);
  const rest = share > 0 && units === 0 ? 1 : units % 8;
  return "█".repeat(Math.floor(units / 8)) + eighths[rest];
}

function messagesPerSecond({ messages, elapsed }: BenchResult): number {
  return elapsed === 0 ? 0 : (1_000 * messages) / elapsed;
}

/** The histogram's precision may make a percentile greater than the maximum, which is exact. */
function percentile(latencies: Histogram, rank: number): number {
  return Math.min(latencies.getValueAtPercentile(rank), latencies.maxValue);
}

function minimum(latencies: Histogram): number {
  return latencies.totalCount === 0 ? 0 : latencies.minNonZeroValue;
}

/** @param value - In microseconds. */
function shownTime(value: number): string {
  if (value < 1_000) return `${Math.round(value)} µs`;
  if (value < 1_000_000) return `${(value / 1_000).toFixed(2)} ms`;
  return `${(value / 1_000_000).toFixed(2)} s`;
}

function milliseconds(value: number): number {
  return Number.isFinite(value) ? Math.round(value) / 1_000 : 0;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
