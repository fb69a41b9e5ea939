import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Server, type Socket, serve } from "framewright";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { hasTmux, Terminal } from "../terminal/tmux.ts";

const folder = mkdtempSync(join(tmpdir(), "framewright-cli-"));
let server: Server;
let url: string;
let client: Socket | undefined;
let terminal: Terminal | undefined;

beforeAll(async () => {
  server = await serve({
    compression: true,
    open: (socket) => {
      client = socket;
    },
    message: (socket, data) => {
      if (typeof data !== "string" && data.length > 10_000)
        return socket.send(`${data.length} bytes`);
      return socket.send(data);
    },
  });
  url = `ws://127.0.0.1:${server.port}`;
});

afterEach(() => terminal?.close());
afterAll(() => server.close());

describe.skipIf(!hasTmux())("in a terminal", () => {
  test("lines are typed, slash commands work, and Ctrl-D closes", async () => {
    const history = join(folder, "history");
    const file = join(folder, "file.bin");
    writeFileSync(file, Buffer.alloc(100_000));
    terminal = new Terminal(`framewright connect ${url} -z --history ${history}`);
    await terminal.shows(/^open: peer 127\.0\.0\.1, permessage-deflate.*\n> *$/m);
    terminal.type("hello", "Enter");
    await terminal.shows(/^> hello\n< hello\n> *$/m);
    terminal.type("/binary de ad", "Enter");
    await terminal.shows(/^< \(2 bytes\) de ad\n/m);
    terminal.type("/ping abc", "Enter");
    await terminal.shows(/^pong "abc", [\d.]+ ms$/m);
    terminal.type(`/file ${file}`, "Enter");
    await terminal.shows(/^< 100000 bytes$/m);
    terminal.type("/nonsense", "Enter");
    await terminal.shows(/^there is no \/nonsense/m);
    // The line that was typed first comes back.
    terminal.type("Up", "Up", "Up", "Up", "Up", "Enter");
    await terminal.shows(/< hello[\s\S]*> hello\n< hello\n> *$/m);
    terminal.type("C-d");
    await terminal.shows(/^closed: 1000, normal closure\nstatus 0$/m);
    expect(readFileSync(history, "utf8").split("\n").slice(0, 2)).toEqual([
      "hello",
      "/binary de ad",
    ]);
  });

  test("a message does not disturb the line that is being typed, or the terminal", async () => {
    terminal = new Terminal(`framewright connect ${url}`);
    await terminal.shows(/^> *$/m);
    terminal.type("half a li");
    await terminal.shows(/> half a li$/m);
    client?.send("\u001b[2J\u001b[Hcleared?\u009b31m\u202e");
    await terminal.shows(/^< \\u001b\[2J\\u001b\[Hcleared\?\\u009b31m\\u202e\n> half a li$/m);
    terminal.type("ne", "Enter");
    await terminal.shows(/^< half a line\n> *$/m);
    client?.close(1011, "\u001b[2Jbroken");
    await terminal.shows(/^closed: 1011, internal error: \\u001b\[2Jbroken\nstatus 21$/m);
  });

  test.runIf(isFullDepth)(
    "Ctrl-C closes with the status 130, and colours are on and off",
    async () => {
      terminal = new Terminal(`framewright connect ${url}`);
      await terminal.shows(/^> *$/m);
      client?.send("text");
      await terminal.shows(/^< text/m);
      expect(terminal.screen("-e")).toContain("\u001b[32m");
      terminal.type("C-c");
      await terminal.shows(/^status 130$/m);
      terminal.close();
      terminal = new Terminal(`framewright connect ${url}`, { NO_COLOR: "1" });
      await terminal.shows(/^> *$/m);
      client?.send("text");
      await terminal.shows(/^< text/m);
      expect(terminal.screen("-e")).not.toContain("\u001b[3");
      terminal.type("/close 4002 bye", "Enter");
      await terminal.shows(/^closed: 4002, private use: bye\nstatus 40$/m);
    },
  );
});
