import { createServer } from "node:net";
import { connect, type Server, serve } from "framewright";
import { afterEach, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { type RunningCommand, start } from "../command-line.ts";

let server: Server | undefined;
let command: RunningCommand | undefined;

afterEach(async () => {
  command?.process.kill("SIGKILL");
  await command?.outcome;
  await server?.close();
  server = undefined;
});

/** Starts a proxy for a port, and returns its URL. */
async function proxy(port: number, path = "/"): Promise<string> {
  const running = start(["inspect", "--form", "line", "--proxy", `localhost:${port}${path}`]);
  command = running;
  await expect.poll(() => running.stderr, { timeout: 15_000 }).toContain("\n");
  return /listening on (\S+) for/.exec(running.stderr)?.[1] ?? "";
}

test("passes connections on, shows their frames, and names the server in the request", async () => {
  const heads: (string | null | undefined)[] = [];
  server = await serve({
    compression: true,
    accept: ({ headers, path }) =>
      void heads.push(path, headers.get("host"), headers.get("origin")),
    message: (socket, data) => socket.send(data),
  });
  const url = await proxy(server.port, "/a?b=c");
  expect(url).toMatch(/\/a\?b=c$/);
  const socket = await connect(url, {
    compression: { threshold: 0, contextTakeover: true },
    headers: { origin: "http://127.0.0.1" },
  });
  const host = `localhost:${server.port}`;
  expect(heads).toEqual(["/a", host, `http://${host}`]);
  const long = "long ".repeat(200_000);
  for (const text of ["one", "one", long]) socket.send(text);
  const received: unknown[] = [];
  for await (const message of socket) {
    received.push(message);
    if (received.length === 3) socket.close(1000, "done");
  }
  expect(received).toEqual(["one", "one", long]);
  const output = () => command?.stdout ?? "";
  await expect.poll(output).toMatch(/server ← frame 3 [^\n]+close/);
  expect(output()).toMatch(/client → frame 1 [^\n]+\n {2}message 1: text, 3 bytes "one"\n/);
  expect(output().match(/: text, 1000000 bytes, inflated from/g)?.length).toBe(2);
  command?.process.kill("SIGTERM");
  expect(await command?.outcome).toMatchObject({ status: 0 });
});

test.runIf(isFullDepth)(
  "a server that cannot be reached ends the client's connection, and is noted",
  async () => {
    const closed = createServer().listen(0);
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const url = await proxy(port);
    await expect(connect(url)).rejects.toThrow();
    await expect.poll(() => command?.stdout).toMatch(/^#1: [^\n]*ECONNREFUSED/m);
  },
);
