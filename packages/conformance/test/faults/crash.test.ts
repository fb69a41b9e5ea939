import { get } from "node:http";
import { describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { until } from "../../src/attack/until.ts";
import { type ClientFigures, maxConnections, type ServerFigures } from "../../src/faults/crash.ts";
import {
  type Runtime,
  runScriptFromSource,
  runtimes,
  startServerFromSource,
} from "../../src/runtimes.ts";
import type { SubjectProcess } from "../../src/subject-process.ts";

const scriptOf = ({ name }: Runtime) => `packages/conformance/src/faults/crash-${name}.ts`;

function startClients(runtime: Runtime, port: number, count: number): SubjectProcess {
  return runScriptFromSource(runtime, scriptOf(runtime), [
    `ws://127.0.0.1:${port}/`,
    String(count),
  ]);
}

function figuresOf(port: number): Promise<ServerFigures> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false }, async (response) => {
      let body = "";
      for await (const piece of response.setEncoding("utf8")) body += piece;
      resolve(JSON.parse(body));
    }).on("error", reject);
  });
}

/** How many connections each client's process has to a server that is killed. */
const clientCount = 30;

describe("kill -9 under load", () => {
  const together = isFullDepth ? test : test.concurrent;
  together.for(runtimes)(
    "of a server on $name: each client has one close event, 1006, and its process ends",
    async (runtime, { onTestFinished }) => {
      const server = await startServerFromSource(runtime, scriptOf(runtime));
      onTestFinished(() => void server.process.stop("SIGKILL"));
      const others = isFullDepth ? runtimes : [runtime];
      const clients = others.map((one) => startClients(one, server.port, clientCount));
      onTestFinished(async () => {
        for (const client of clients) await client.stop("SIGKILL");
      });
      for (const client of clients) expect(await client.line(0)).toBe("open");
      await server.process.stop("SIGKILL");
      for (const client of clients) {
        const figures: ClientFigures = JSON.parse(await client.line(1));
        expect(figures).toEqual({ closes: { "1006 false": clientCount }, closed: clientCount });
        expect(await client.exited).toBe(0);
        expect(client.standardError).toBe("");
      }
    },
  );

  test.runIf(isFullDepth).for(runtimes)(
    "of all clients of a server on $name: nothing of them is left",
    async (runtime, { onTestFinished }) => {
      const server = await startServerFromSource(runtime, scriptOf(runtime));
      onTestFinished(() => void server.process.stop("SIGKILL"));
      const idle = await figuresOf(server.port);
      // The second time shows that the connections of the first are not counted any more.
      for (const times of [1, 2]) {
        const clients = startClients(runtimes[0], server.port, maxConnections);
        onTestFinished(() => void clients.stop("SIGKILL"));
        expect(await clients.line(0)).toBe("open");
        const busy = await figuresOf(server.port);
        expect([busy.openConnections, busy.subscribers]).toEqual([maxConnections, maxConnections]);
        await clients.stop("SIGKILL");
        const ended = times * maxConnections;
        await until(
          () => figuresOf(server.port),
          ({ openConnections }) => openConnections === 0,
          15_000,
        );
        expect(await figuresOf(server.port)).toEqual({
          ...idle,
          accepted: ended,
          closes: { 1006: ended },
        });
      }
      expect(server.process.standardError).toBe("");
    },
  );
});
