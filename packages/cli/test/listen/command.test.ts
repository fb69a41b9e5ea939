import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type Socket } from "framewright";
import { generate } from "selfsigned";
import { afterEach, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { type RunningCommand, run, start } from "../command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "framewright-cli-"));
let command: RunningCommand | undefined;

afterEach(async () => {
  command?.process.kill("SIGKILL");
  await command?.outcome;
  command = undefined;
});

type Entry = Readonly<Record<string, unknown>>;

/** Starts a server, and returns its URL and its log so far. */
async function listen(...words: string[]) {
  const running = start(["listen", "0", "--log", "json", ...words]);
  command = running;
  const entries = (): Entry[] =>
    running.stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  await expect.poll(() => running.stdout, { timeout: 15_000 }).toContain("\n");
  const [{ event, url }] = entries();
  expect(event).toBe("listening");
  return { url: String(url), entries, running };
}

async function next(socket: Socket): Promise<unknown> {
  return (await socket[Symbol.asyncIterator]().next()).value;
}

test("echoes, logs as JSON, and stops at SIGTERM with a closing handshake", async () => {
  const { url, entries, running } = await listen("-s", "chat");
  const socket = await connect(url, { subprotocols: ["chat"] });
  socket.send("a\u001b");
  expect(await next(socket)).toBe("a\u001b");
  socket.send(Uint8Array.of(1, 2));
  expect(await next(socket)).toEqual(Uint8Array.of(1, 2));
  running.process.kill("SIGTERM");
  expect(await socket.closed).toMatchObject({ statusCode: 1001, wasClean: true });
  expect(await running.outcome).toMatchObject({ status: 0, stderr: "" });
  expect(running.stdout).not.toContain("\u001b");
  expect(entries().slice(1)).toMatchObject([
    { event: "open", id: 1, address: "127.0.0.1", subprotocol: "chat" },
    { event: "message", id: 1, type: "text", bytes: 2, data: "a\u001b" },
    { event: "message", id: 1, type: "binary", bytes: 2, data: "0102" },
    { event: "close", id: 1, statusCode: 1001 },
    { event: "stopped", closed: 1, terminated: 0 },
  ]);
});

test("broadcasts to all others, on one path alone", async () => {
  const { url, entries } = await listen("--broadcast", "--path", "/room");
  expect(url).toMatch(/\/room$/);
  const [one, two] = [await connect(url), await connect(url)];
  one.send("from one");
  expect(await next(two)).toBe("from one");
  two.send("from two");
  expect(await next(one)).toBe("from two");
  await expect(connect(url.replace("/room", "/other"))).rejects.toMatchObject({ status: 404 });
  await expect.poll(() => entries().at(-1)).toMatchObject({ event: "refused", path: "/other" });
  one.terminate();
  two.terminate();
});

test.runIf(isFullDepth)(
  "answers from a file over TLS, and closes when the file says so",
  async () => {
    const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }]);
    const replies = '{"match":"bye","text":"ciao","close":4000}\nfirst\nsecond\n';
    for (const [name, text] of Object.entries({ cert, key, replies })) {
      writeFileSync(join(folder, name), text);
    }
    const file = (name: string) => join(folder, name);
    const { url } = await listen(
      "--replies",
      file("replies"),
      "--cert",
      file("cert"),
      "--key",
      file("key"),
    );
    expect(url).toMatch(/^wss:/);
    const words = ["connect", url, "--wait", "forever", "-x", "a", "-x", "b", "-x", "bye"];
    const untrusted = await run(words);
    expect(untrusted).toMatchObject({ status: 1, stdout: "" });
    expect(untrusted.stderr).toMatch(/^framewright: [^\n]+certificate[^\n]+_FAILED\)\n$/);
    expect(await run([...words, "--ca", file("cert"), "--servername", "localhost"])).toEqual({
      ...{ status: 40, stdout: "first\nsecond\nciao\n" },
      stderr: "closed: 4000, private use\n",
    });
    expect(await run([...words, "--insecure", "-q"])).toMatchObject({ status: 40, stderr: "" });
  },
);

test.runIf(isFullDepth)("demands certificates of clients with --ca", async () => {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }]);
  for (const [name, text] of Object.entries({ cert, key })) writeFileSync(join(folder, name), text);
  const pair = ["--cert", join(folder, "cert"), "--key", join(folder, "key")];
  const ca = ["--ca", join(folder, "cert")];
  const { url } = await listen(...pair, ...ca);
  const words = ["connect", url, "-x", "hello", "-n", "1", ...ca];
  expect(await run([...words, ...pair])).toEqual({ status: 0, stdout: "hello\n", stderr: "" });
  const { status, stdout } = await run(words);
  expect(stdout).toBe("");
  expect(status).not.toBe(0);
});

test.runIf(isFullDepth)(
  "a port in use and options that exclude each other are errors",
  async () => {
    const { url } = await listen();
    const port = new URL(url).port;
    const inUse = await run(["listen", port]);
    expect(inUse).toMatchObject({ status: 1, stdout: "" });
    expect(inUse.stderr).toMatch(/^framewright: [^\n]+EADDRINUSE[^\n]+\(WS_ERR_LISTEN_FAILED\)\n$/);
    expect(await run(["listen", "--silent", "--broadcast"])).toMatchObject({ status: 2 });
    expect(await run(["listen", "70000"])).toMatchObject({ status: 2 });
    expect(await run(["listen", "0", "--cert", "x"])).toMatchObject({ status: 2 });
  },
);
