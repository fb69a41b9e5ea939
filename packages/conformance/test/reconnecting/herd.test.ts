import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import type { HerdFigures } from "../../src/reconnecting/herd.ts";
import {
  type Runtime,
  runScriptFromSource,
  runtimes,
  type ServerProcess,
  startServerFromSource,
} from "../../src/runtimes.ts";

/** Clients of one process. */
const clientCount = isFullDepth ? 2_000 : 50;
/** The defaults, or shorter so that a sample is quick. */
const options = isFullDepth ? {} : { minDelay: 50, maxDelay: 400 };
/** How long the server is down, in milliseconds. */
const downTime = isFullDepth ? 1_500 : 300;
/** Width of a column of the curve, in milliseconds. */
const columnWidth = 500;

const startServer = (runtime: Runtime, port: number): Promise<ServerProcess> =>
  startServerFromSource(runtime, `examples/echo/${runtime.name}.ts`, [
    ...["--host", "0.0.0.0"],
    ...["--port", String(port)],
  ]);

/** How many clients came in each column of time after the first one. */
function curveOf(arrivals: readonly number[]): number[] {
  const start = Math.min(...arrivals);
  const curve: number[] = [];
  for (const time of arrivals) {
    const column = Math.floor((time - start) / columnWidth);
    curve[column] = (curve[column] ?? 0) + 1;
  }
  return Array.from(curve, (number) => number ?? 0);
}

describe("a server that is killed with kill -9 and comes back", () => {
  test.concurrent.for(runtimes)(
    `on $name: ${clientCount} clients are all back, and none gives up, repeats a message or stays`,
    { timeout: 120_000 },
    async (runtime, { onTestFinished }) => {
      let server = await startServer(runtime, 0);
      onTestFinished(() => void server.process.stop("SIGKILL"));
      const { port } = server;
      const clients = runScriptFromSource(
        runtime,
        `packages/conformance/src/reconnecting/herd-${runtime.name}.ts`,
        [String(port), String(clientCount), JSON.stringify(options)],
      );
      onTestFinished(() => void clients.stop("SIGKILL"));
      expect(await clients.line(0)).toBe("open");
      await server.process.stop("SIGKILL");
      await sleep(downTime);
      server = await startServer(runtime, port);
      const figures: HerdFigures = JSON.parse(await clients.line(1));
      const { arrivals, ...counts } = figures;
      expect(counts).toEqual({
        closed: 0,
        repeated: 0,
        queued: clientCount,
        echoes: clientCount,
      });
      expect(arrivals.length).toBe(clientCount);
      // How flat it is depends on the machine here. A test of `reconnecting` says how flat it must be.
      if (isFullDepth)
        console.log(`${runtime.name}: ${curveOf(arrivals)} clients per ${columnWidth} ms`);
      // Nothing keeps the process alive.
      expect(await clients.exited).toBe(0);
      expect(clients.standardError).toBe("");
    },
  );
});
