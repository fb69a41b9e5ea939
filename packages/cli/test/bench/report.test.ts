import { expect, test } from "vitest";
import { Measurement } from "../../src/bench/measurement.ts";
import { histogramLines, jsonReport, textReport } from "../../src/bench/report.ts";
import type { BenchSettings } from "../../src/bench/run.ts";
import { coloursFor } from "../../src/terminal/colours.ts";

const plain = coloursFor({ isTTY: false });
const settings: BenchSettings = {
  ...{ connections: 2, size: 1_024, isBinary: false, rate: undefined, pipeline: 1 },
  ...{ warmUp: 0, duration: 1_000, count: undefined },
};

function resultOf(measurement: Measurement) {
  const { messages } = measurement;
  return { measurement, messages, elapsed: 500, connecting: 5, isInterrupted: false };
}

test("the bars of the histogram count every latency once", () => {
  const measurement = new Measurement();
  for (let i = 0; i < 90; i++) measurement.add(0.1);
  for (let i = 0; i < 9; i++) measurement.add(1);
  measurement.add(50);
  const lines = histogramLines(measurement.latencies, plain);
  const shares = lines.map((line) => Number(/ ([\d.]+)%$/.exec(line)?.[1]));
  expect(shares.filter((share) => share > 0)).toEqual([90, 9, 1]);
  expect(lines.length).toBe(14);
  expect(lines[0]).toContain("█".repeat(40));
  expect(lines[13]).toMatch(/≤ +50\.00 ms/);
});

test("one latency makes one bar", () => {
  const measurement = new Measurement();
  measurement.add(0);
  expect(histogramLines(measurement.latencies, plain).length).toBeLessThan(5);
});

test("the report has the rate, the percentiles and the faults", () => {
  const measurement = new Measurement();
  for (let i = 1; i <= 100; i++) measurement.add(i);
  measurement.mismatches = 3;
  measurement.lose("1006, \u001b[2J");
  const result = resultOf(measurement);
  const text = textReport("ws://x/\u001b", settings, result, plain);
  for (const line of [
    "100 messages in 0.50 s",
    "200 messages/s, 0.20 MiB/s each way",
    "3 echoes were wrong",
    "1 connections were lost; the first: 1006, \\u001b[2J",
    "  p50      50.02 ms",
    "  max     100.00 ms",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
  expect(text).not.toContain("\u001b");
  expect(jsonReport("ws://x/", settings, result)).toMatchObject({
    ...{ messages: 100, messagesPerSecond: 200, bytesPerSecond: 204_800 },
    ...{ mismatches: 3, lostConnections: 1, interrupted: false },
    latencyMs: { count: 100, min: 1, percentiles: { 50: 50.015, 99.9: 100 } },
  });
});

test("a report without a message has no latencies", () => {
  const text = textReport("ws://x/", settings, resultOf(new Measurement()), plain);
  expect(text).not.toContain("Latency");
});
