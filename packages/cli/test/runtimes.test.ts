import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Server, serve } from "framewright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../test-depth.ts";
import { RunningCommand } from "./command-line.ts";

/** What users run: the built command line, with the built packages. */
const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const manifest = JSON.parse(readFileSync(path("packages/framewright/package.json"), "utf8"));
const cli = path(`packages/framewright/${manifest.bin.framewright}`);
const runtimes = [
  ["node", [path("node_modules/.bin/node"), cli]],
  ["deno", [path("node_modules/.bin/deno"), "run", "-A", "--no-lock", cli]],
  ["bun", [path("node_modules/.bin/bun"), "--bun", cli]],
] as const;
/** The others only at full depth: the code is the same, and each start takes a second. */
const tested = isFullDepth ? runtimes : runtimes.slice(0, 1);

let server: Server;

beforeAll(async () => {
  server = await serve({ compression: true, message: (socket, data) => socket.send(data) });
});

afterAll(() => server.close());

test("the package's command is one file that systems can run, without dependencies of its own", () => {
  const code = readFileSync(cli, "utf8");
  expect(code.startsWith("#!/usr/bin/env node\n")).toBe(true);
  const imported = [...code.matchAll(/\bfrom ?["']([^"']+)["']/g)].map(([, name]) => name);
  const others = imported.filter((name) => /^[@\w]/.test(name) && !name.startsWith("node:"));
  expect(others.sort()).toEqual([
    ...[
      "@framewright/codec/inspect",
      "@framewright/codec/internal",
      "@framewright/websocket/transport/extras",
      "framewright",
    ],
  ]);
});

describe.each(tested)("on %s", (_, command) => {
  const start = (...words: string[]) => new RunningCommand([...command, ...words]);
  const run = (words: string[], input = "") => {
    const running = start(...words);
    running.process.stdin?.end(input);
    return running.outcome;
  };

  test("the built command line connects, measures and inspects", async () => {
    expect(existsSync(cli), "npm run build comes first").toBe(true);
    const url = `ws://127.0.0.1:${server.port}`;
    const [echoed, measured, inspected] = await Promise.all([
      run(["connect", url, "-z", "--wait", "0"], "hello\n\u001b\n"),
      run(["bench", url, "--warm-up", "0", "-n", "50", "--json"]),
      run(["inspect", "--deflate", "c1 07 f2 48 cd c9 c9 07 00", "--form", "line"]),
    ]);
    expect(echoed).toEqual({ status: 0, stdout: "hello\n\\u001b\n", stderr: "" });
    expect(JSON.parse(measured.stdout)).toMatchObject({ messages: 50, mismatches: 0 });
    expect(inspected.stdout).toContain('inflated from 7 "Hello"');
  });

  test.runIf(isFullDepth)("the built command line listens until SIGTERM", async () => {
    const listening = start("listen", "0", "--log", "json");
    await expect.poll(() => listening.stdout, { timeout: 15_000 }).toContain("listening");
    const { url } = JSON.parse(listening.stdout.split("\n")[0]);
    const outcome = await run(["connect", url, "-x", "a", "-n", "1"]);
    expect(outcome).toMatchObject({ status: 0, stdout: "a\n" });
    listening.process.kill("SIGTERM");
    expect(await listening.outcome).toMatchObject({ status: 0 });
    expect(listening.stdout).toContain('"event":"stopped"');
  });
});
