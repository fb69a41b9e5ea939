import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { refuse, type Server, serve } from "framewright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth, rows } from "../../../../test-depth.ts";
import { bundle, run, start } from "../command-line.ts";

let server: Server;
let url: string;
const received: (string | Uint8Array)[] = [];

beforeAll(async () => {
  server = await serve({
    compression: true,
    subprotocols: ["chat"],
    maxMessageSize: 64 * 1_048_576,
    accept: (request) =>
      request.path.startsWith("/no") ? refuse(403, "not\u001b you") : undefined,
    responseHeaders: () => ({ "X-Served-By": "caf\u00e9" }),
    open: (socket) => void (socket.subprotocol === "chat" && socket.send("welcome")),
    message: async (socket, data) => {
      if (received.length < 100) received.push(data);
      const close = /^close (\d+)(?: (.*))?$/s.exec(String(data));
      if (close !== null) return socket.close(Number(close[1]), close[2]);
      if (data === "terminate") return socket.terminate();
      if (data === "ping me") socket.ping(Buffer.from("a\u001bb"));
      if (socket.send(data) === "queued") await socket.drained;
    },
  });
  url = `ws://127.0.0.1:${server.port}`;
});

afterAll(() => server.close());

test("lines are messages, and messages are lines with their control characters escaped", async () => {
  const input = "hello\n\u001b[31mred\n日本\u202e\r\nno end";
  const { status, stdout, stderr } = await run(["connect", url, "--wait", "0"], input);
  expect(stdout).toBe("hello\n\\u001b[31mred\n日本\\u202e\nno end\n");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.runIf(isFullDepth)("input of JSON lines and output of JSON lines are inverse", async () => {
  const lines = '{"type":"text","data":"a\\nb"}\n{"type":"binary","data":"3q0="}\n';
  const words = ["connect", url, "-z", "-w", "0", "--input", "ndjson", "--output", "ndjson"];
  expect(await run(words, lines)).toEqual({ status: 0, stdout: lines, stderr: "" });
});

test("all of the input can be one binary message, and come back as it is", async () => {
  const bytes = Buffer.alloc(3_000_000, "ab\u0000\n");
  received.length = 0;
  const words = ["connect", url, "--input", "binary", "--output", "raw", "-n", "1"];
  const { status, stdout } = await run(words, bytes);
  expect(status).toBe(0);
  expect(stdout === bytes.toString()).toBe(true);
  expect(received.length).toBe(1);
  expect(received[0]).toBeInstanceOf(Uint8Array);
});

test("-x sends messages, and -n ends after so many replies", async () => {
  const words = ["connect", url, "-x", "one", "-x", "two", "-n", "2", "--show-headers"];
  const { status, stdout, stderr } = await run([...words, "-s", "chat", "-z"]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: "welcome\none\n" });
  expect(stderr).toMatch(/^open: peer 127\.0\.0\.1, subprotocol chat, permessage-deflate/m);
  expect(stderr).toMatch(/^upgrade: websocket\n/);
  expect(stderr).toContain("\nx-served-by: caf\u00e9\n");
});

test("Pings are hidden unless they are asked for, and so are frames", async () => {
  const words = ["connect", url, "-z", "-x", "ping me", "-n", "1"];
  expect(await run(words)).toEqual({ status: 0, stdout: "ping me\n", stderr: "" });
  const pings = await run([...words, "--show-pings"]);
  expect(pings.stderr).toBe(
    '<- ping, FIN, 3 bytes "a\\u001bb"\n-> pong, FIN, masked, 3 bytes "a\\u001bb"\n',
  );
  const frames = await run([...words, "--show-frames"]);
  expect(frames.stderr.split("\n")).toEqual([
    "-> text, FIN, masked, 7 bytes",
    '<- ping, FIN, 3 bytes "a\\u001bb"',
    "<- text, FIN, 7 bytes",
    '-> pong, FIN, masked, 3 bytes "a\\u001bb"',
    "-> close, FIN, masked, 2 bytes",
    "<- close, FIN, 2 bytes",
    "",
  ]);
});

test("--reconnect follows a server that restarts, until a refusal", async () => {
  let count = 0;
  const restarting = await serve({
    accept: () => (count < 2 ? undefined : refuse(403)),
    open: (socket) => {
      count++;
      socket.send(`connection ${count}`);
    },
    message: (socket, data) => {
      socket.send(data);
      socket.close(1012, "again\u001b");
    },
  });
  const words = ["connect", `127.0.0.1:${restarting.port}`, "--reconnect", "-x", "subscribe"];
  const { status, stdout, stderr } = await run(words);
  await restarting.close();
  expect(stdout).toBe("connection 1\nsubscribe\nconnection 2\nsubscribe\n");
  expect(stderr).toMatch(/^(lost: 1012, service restart: again\\u001b; next try in [\d.]+ s\n){2}/);
  expect(stderr).toMatch(/\nframewright: [^\n]+403 \(WS_ERR_UNEXPECTED_RESPONSE\)\n$/);
  expect(status).toBe(1);
});

describe("the exit status", () => {
  const ends: [message: string, status: number, stderr: string][] = [
    ["close 1011 it\u001b[2J broke", 21, "closed: 1011, internal error: it\\u001b[2J broke\n"],
    ["close 1000", 0, ""],
    ["close 4001", 40, "closed: 4001, private use\n"],
    ["terminate", 16, "closed: 1006, abnormal closure\n"],
  ];
  test.each(rows(ends))("after %j is %i", async (message, expected, stderr) => {
    const outcome = await run(["connect", url, "-w", "forever", "-x", message]);
    expect(outcome).toEqual({ status: expected, stdout: "", stderr });
  });

  test("is 1 for a server that refuses, with its answer in --show-headers", async () => {
    const { status, stderr } = await run(["connect", `${url}/no`, "-x", "a", "--show-headers"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^HTTP status 403\n/);
    expect(stderr).toContain("\nnot\\u001b you\n");
    expect(stderr).toMatch(/\nframewright: [^\n]+ \(WS_ERR_UNEXPECTED_RESPONSE\)\n$/);
  });

  test.runIf(isFullDepth)("is 1 for a server that does not listen", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const { status, stderr } = await run(["connect", `127.0.0.1:${port}`, "-x", "a"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^framewright: [^\n]+ECONNREFUSED[^\n]+\(WS_ERR_CONNECT_FAILED\)\n$/);
  });

  test("is 1 for a line that is malformed, after what precedes it", async () => {
    const { status, stdout, stderr } = await run(["connect", url, "-i", "hex"], "6869\nxyz\n");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "6869\n" });
    expect(stderr).toBe("framewright: line 2 of the input is not hex (WS_ERR_CLI_INPUT)\n");
  });

  test("is 130 after SIGINT, and the connection was closed", async () => {
    const before = server.stats().closes;
    const command = start(["connect", url, "--wait", "forever"]);
    command.process.stdin?.write("hello\n");
    await expect.poll(() => command.stdout).toBe("hello\n");
    command.process.kill("SIGINT");
    expect((await command.outcome).status).toBe(130);
    await expect.poll(() => server.clients.size).toBe(0);
    expect(server.stats().closes).not.toEqual(before);
  });
});

test.runIf(isFullDepth)("a server that does not read stops the reading of the input", async () => {
  const stuck = createServer((socket) => {
    socket.once("data", (bytes) => {
      const key = /sec-websocket-key: *(\S+)/i.exec(String(bytes))?.[1] ?? "";
      socket.write(acceptance(key));
      socket.pause();
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => stuck.once("listening", resolve));
  const { port } = stuck.address() as { port: number };
  const command = start(["connect", `127.0.0.1:${port}`, "-q"]);
  const chunk = `${"x".repeat(1_023)}\n`.repeat(1_024);
  let written = 0;
  let isBlocked = false;
  const { stdin } = command.process;
  while (written < 64 && !isBlocked) {
    written++;
    if (stdin?.write(chunk)) continue;
    const drained = new Promise((resolve) => stdin?.once("drain", () => resolve("drained")));
    const late = new Promise((resolve) => setTimeout(resolve, 1_500, "late"));
    isBlocked = (await Promise.race([drained, late])) === "late";
  }
  expect(isBlocked).toBe(true);
  command.process.kill("SIGKILL");
  await command.outcome;
  stuck.close();
});

test.runIf(isFullDepth)("a reader of the output that stops, pauses the server", async () => {
  let sent = 0;
  const chunk = "x".repeat(1_000);
  const flooding = await serve({
    open: async (socket) => {
      while (socket.readyState === "open") {
        sent++;
        if (socket.send(chunk) === "queued") await socket.drained;
      }
    },
  });
  const words = ["connect", `127.0.0.1:${flooding.port}`, "--wait", "forever"];
  const child = spawn(process.execPath, [bundle(), ...words], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  // Nobody reads the child's output, and the buffers on the way are full at some time.
  let before = -1;
  while (sent !== before || sent === 0) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sent * chunk.length).toBeLessThan(64 * 1_048_576);
  }
  child.kill("SIGKILL");
  await flooding.close();
});

test.runIf(isFullDepth)("a reader of the output that ends, ends the command quietly", async () => {
  const command = start(["connect", url, "--wait", "forever"]);
  command.process.stdout?.destroy();
  command.process.stdin?.write("a\nb\nc\n");
  expect(await command.outcome).toMatchObject({ status: 0, stderr: "" });
});

test.runIf(isFullDepth)(
  "TLS files that cannot be read, and wrong options, are one line",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "framewright-cli-"));
    writeFileSync(join(folder, "ca.pem"), "no certificate");
    for (const [words, code, expected] of [
      [["--ca", join(folder, "none")], "WS_ERR_CLI_FILE", 1],
      [["--cert", join(folder, "ca.pem")], "WS_ERR_INVALID_OPTION", 2],
      [["--wait", "soon"], "WS_ERR_CLI_USAGE", 2],
      [["--proxy", "gopher://x"], "WS_ERR_INVALID_PROXY", 2],
    ] as const) {
      const { status, stderr } = await run(["connect", "wss://127.0.0.1:1", "-x", "a", ...words]);
      expect(stderr).toMatch(new RegExp(`^framewright: [^\\n]+\\(${code}\\)\\n$`));
      expect(status).toBe(expected);
    }
  },
);

function acceptance(key: string): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const accept = createHash("sha1")
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}
