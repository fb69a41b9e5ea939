import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type Runtime, runScript, runtimes } from "../../src/runtimes.ts";
import type { SubjectProcess } from "../../src/subject-process.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "framewright-"));
});

afterAll(() => rm(directory, { recursive: true }));

function echo(runtime: Runtime, where: string): SubjectProcess {
  const args = [`@framewright/${runtime.name}-transport`, where];
  return runScript(runtime, "packages/conformance/test/unix/echo.ts", args);
}

/** Lets a client of `ws` send a message, and returns the echo. */
function echoOfWs(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws+unix:${path}:/a?b`, "chat");
    socket.on("error", reject);
    socket.on("open", () => socket.send("hello"));
    socket.on("message", (data) => {
      socket.close(1000);
      resolve(String(data));
    });
  });
}

describe.each(runtimes)("a Unix socket on $name", (runtime) => {
  test("a server serves ws and our clients, and deletes its file at its end", async () => {
    const path = join(directory, `${runtime.name}.sock`);
    const server = echo(runtime, path);
    const clients: SubjectProcess[] = [];
    try {
      expect(await server.line(0)).toBe(`listening on ${path}`);
      expect(await echoOfWs(path)).toBe("hello");
      clients.push(...runtimes.map((other) => echo(other, `ws+unix:${path}:/`)));
      for (const client of clients) {
        expect(await client.line(0)).toBe("hello");
        expect(await client.exited).toBe(0);
      }
      expect(await server.stop("SIGTERM")).toBe(0);
      expect(existsSync(path)).toBe(false);
    } finally {
      for (const each of [server, ...clients]) await each.stop("SIGKILL");
    }
  });

  test("a server replaces the file of one that was killed, and no other", async () => {
    const path = join(directory, `${runtime.name}-killed.sock`);
    const killed = echo(runtime, path);
    await killed.line(0);
    await killed.stop("SIGKILL");
    expect(existsSync(path)).toBe(true);
    const next = echo(runtime, path);
    try {
      expect(await next.line(0)).toBe(`listening on ${path}`);
      const another = echo(runtime, path);
      expect(await another.exited).not.toBe(0);
      expect(another.standardError).toContain(
        `cannot listen on ${path}: another server listens there`,
      );
      expect(await echoOfWs(path)).toBe("hello");
    } finally {
      await next.stop("SIGKILL");
    }
  });

  test("a client reaches a server of ws", async () => {
    const path = join(directory, `${runtime.name}-ws.sock`);
    const http = createServer();
    const server = new WebSocketServer({ server: http, handleProtocols: () => "chat" });
    const requests: unknown[] = [];
    server.on("connection", (socket, request) => {
      requests.push([request.url, request.headers.host]);
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    await new Promise<void>((resolve) => http.listen(path, resolve));
    const client = echo(runtime, `ws+unix:${path}:/a?b=c`);
    try {
      expect(await client.line(0)).toBe("hello");
      expect(await client.exited).toBe(0);
      expect(requests).toEqual([["/a?b=c", "localhost"]]);
    } finally {
      await client.stop("SIGKILL");
      server.close();
      http.close();
    }
  });
});
