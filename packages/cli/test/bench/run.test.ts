import { type ServeOptions, type Server, serve } from "framewright";
import { afterEach, expect, test } from "vitest";
import { BenchRun, type BenchSettings, type Progress } from "../../src/bench/run.ts";

let server: Server | undefined;

afterEach(() => server?.close());

const defaults: BenchSettings = {
  ...{ connections: 3, size: 64, isBinary: false, rate: undefined, pipeline: 4 },
  ...{ warmUp: 0, duration: 10_000, count: 300 },
};

async function bench(
  message: NonNullable<ServeOptions["message"]>,
  settings: Partial<BenchSettings> = {},
) {
  server = await serve({ message });
  const reports: Progress[] = [];
  const run = new BenchRun({ ...defaults, ...settings }, (progress) => reports.push(progress));
  const result = await run.run(`ws://127.0.0.1:${server.port}`, {});
  return { ...result, reports };
}

test.each([false, true])(
  "counts messages and checks their echoes (binary: %s)",
  async (isBinary) => {
    const { measurement, messages, elapsed, reports } = await bench(
      (socket, data) => socket.send(data),
      { isBinary, warmUp: 50 },
    );
    expect(messages).toBe(300);
    expect(measurement.latencies.totalCount).toBe(300);
    expect(measurement).toMatchObject({ mismatches: 0, lostConnections: 0 });
    expect(elapsed).toBeGreaterThan(0);
    expect([...new Set(reports.map(({ phase }) => phase))]).toEqual([
      ...["connecting", "warm-up", "measuring"],
    ]);
    expect(reports.every(({ done }) => done >= 0 && done <= 1)).toBe(true);
    await expect.poll(() => server?.clients.size).toBe(0);
  },
);

test("finds echoes that are changed or in another order", async () => {
  let held: string | Uint8Array | undefined;
  const { measurement } = await bench(
    (socket, data) => {
      if (held === undefined) held = data;
      else {
        socket.send(data);
        socket.send(held);
        held = undefined;
      }
    },
    { connections: 1, pipeline: 2, count: 10 },
  );
  expect(measurement).toMatchObject({ mismatches: 10, messages: 0 });
});

test("ends when all connections are lost, and says how", async () => {
  const { measurement } = await bench((socket) => socket.close(1011, "no"), { count: undefined });
  expect(measurement.lostConnections).toBe(3);
  expect(measurement.firstLoss).toBe("1011, internal error: no");
});

test("with a rate, a pause of the server counts for all messages that were due in it", async () => {
  let count = 0;
  const { measurement, messages } = await bench(
    async (socket, data) => {
      count++;
      if (count === 20) await new Promise((resolve) => setTimeout(resolve, 300));
      socket.send(data);
    },
    { connections: 1, pipeline: 1, rate: 200, count: 100 },
  );
  expect(messages).toBe(100);
  // At 200 a second, about 60 were due in 300 ms. Counted from sending, one alone would be late.
  const late = 100 - countUpTo(measurement.latencies, 50_000);
  expect(late).toBeGreaterThanOrEqual(40);
});

function countUpTo(
  latencies: { getValueAtPercentile(rank: number): number },
  value: number,
): number {
  let count = 0;
  for (let rank = 1; rank <= 100; rank++) {
    if (latencies.getValueAtPercentile(rank) <= value) count = rank;
  }
  return count;
}

test("an interrupted run reports what it has measured", async () => {
  server = await serve({ message: (socket, data) => socket.send(data) });
  const run = new BenchRun({ ...defaults, count: undefined, duration: 60_000 }, ({ messages }) => {
    if (messages > 0) run.interrupt();
  });
  const result = await run.run(`ws://127.0.0.1:${server.port}`, {});
  expect(result.isInterrupted).toBe(true);
  expect(result.messages).toBeGreaterThan(0);
});
