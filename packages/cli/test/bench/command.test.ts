import { type Server, serve } from "framewright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { run } from "../command-line.ts";
import { hasTmux, Terminal } from "../terminal/tmux.ts";

let server: Server;
let url: string;

beforeAll(async () => {
  server = await serve({
    compression: true,
    routes: {
      "/": { message: (socket, data) => socket.send(data) },
      "/wrong": { message: (socket) => socket.send("wrong") },
    },
  });
  url = `ws://127.0.0.1:${server.port}`;
});

afterAll(() => server.close());

const short = ["--warm-up", "0", "-n", "200", "-c", "2"];

test("prints its result as JSON, or for people", async () => {
  const json = await run(["bench", url, ...short, "--json", "-z", "--size", "2k"]);
  expect(json).toMatchObject({ status: 0, stderr: "" });
  expect(JSON.parse(json.stdout)).toMatchObject({
    ...{ url, messages: 200, mismatches: 0, settings: { connections: 2, size: 2_048 } },
  });
  if (!isFullDepth) return;
  const { status, stdout } = await run(["bench", url, ...short]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^200 messages in .*\n[\d,]+ messages\/s/m);
  expect(stdout).toMatch(/^ {2}p99\.9 +[\d.]+ (µs|ms|s)$/m);
  expect(stdout).toMatch(/^ {2}≤ .*█/m);
});

test.runIf(isFullDepth)("wrong echoes and unreachable servers are errors", async () => {
  const wrong = await run(["bench", `${url}/wrong`, ...short, "-n", "5", "-c", "1"]);
  expect(wrong.status).toBe(1);
  expect(wrong.stdout).toContain("5 echoes were wrong");
  expect(wrong.stderr).toMatch(/^framewright: 5 messages [^\n]+\(WS_ERR_CLI_ECHO\)\n$/);
  const missing = await run(["bench", `${url}/none`, ...short]);
  expect(missing.status).toBe(1);
  expect(missing.stderr).toMatch(/\(WS_ERR_UNEXPECTED_RESPONSE\)\n$/);
  expect(await run(["bench", url, "--rate", "0"])).toMatchObject({ status: 2, stdout: "" });
});

describe.skipIf(!hasTmux())("in a terminal", () => {
  test.runIf(isFullDepth)("shows a bar until it is interrupted, and then the result", async () => {
    const terminal = new Terminal(`framewright bench ${url} -d 10m --warm-up 0`);
    try {
      await terminal.shows(/^measuring +█*░+ +\d+% \d+ messages/m);
      terminal.type("C-c");
      const screen = await terminal.shows(/^status 130$/m);
      expect(screen).toMatch(/messages in [\d.]+ s, interrupted$/m);
      expect(screen).not.toContain("░");
    } finally {
      terminal.close();
    }
  });
});
