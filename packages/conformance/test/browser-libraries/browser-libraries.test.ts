import { afterAll, beforeAll, expect, test } from "vitest";
import { runScriptFromSource, runtimeNamed, runtimes } from "../../src/runtimes.ts";
import type { SubjectProcess } from "../../src/subject-process.ts";

const folder = "packages/conformance/src/browser-libraries";
const countdown = [{ countdown: 3 }, { countdown: 2 }, { countdown: 1 }];
let servers: SubjectProcess;
let ports: string;

beforeAll(async () => {
  servers = runScriptFromSource(runtimeNamed("node"), `${folder}/servers.ts`);
  ports = await servers.line(0);
});
afterAll(() => servers.stop("SIGKILL"));

test.each(runtimes)("code for browsers runs on the WebSocket class on $name", async (runtime) => {
  const clients = runScriptFromSource(runtime, `${folder}/clients-${runtime.name}.ts`, [ports]);
  expect(await clients.exited, clients.standardError).toBe(0);
  const lines = await Promise.all(
    Array.from({ length: clients.lineCount }, (_, index) => clients.line(index)),
  );
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    ["graphql-ws", [{ hello: "world" }, ...countdown]],
    ["mqtt", ["topic/a", 100_000, 7]],
    ["engine.io-client", ["text", [1, 2, 3]]],
    ["@trpc/client", ["world", ...countdown]],
    ["y-websocket", "shared"],
    ["phoenix", [{ name: "Ada" }, { text: "hello" }]],
    ["partysocket", "after a reconnection"],
    ["listeners that throw", ["open threw", "message threw", "close threw"]],
  ]);
});
