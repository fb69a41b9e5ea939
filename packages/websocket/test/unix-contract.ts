import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import {
  createServer,
  connect as dial,
  type Server as NetServer,
  type Socket as NetSocket,
} from "node:net";
import process from "node:process";
import type {
  ConnectOptions,
  IncomingRequest,
  ServeOptions,
  Server,
  Socket,
} from "@framewright/websocket";
import { afterEach, describe, expect, test } from "vitest";
import { temporaryPath } from "./temporary-path.ts";

interface Subject {
  serve(options: ServeOptions): Promise<Server>;
  connect(url: string, options?: ConnectOptions): Promise<Socket>;
}

/** Tests `serve` and `connect` over real Unix sockets. */
export function describeUnixSockets(runtime: string, { serve, connect }: Subject): void {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  function newPath(): string {
    const path = temporaryPath();
    cleanups.push(() => rmSync(path, { force: true, recursive: true }));
    return path;
  }

  async function echo(unix: string, options: ServeOptions = {}): Promise<Server> {
    const server = await serve({
      unix,
      message: (socket, data) => void socket.send(data),
      ...options,
    });
    cleanups.push(() => server.close({ timeout: 1_000 }));
    return server;
  }

  async function listenRaw(path: string, accept: (socket: NetSocket) => void): Promise<NetServer> {
    const server = createServer(accept);
    await new Promise<void>((resolve) => server.listen({ path }, resolve));
    cleanups.push(() => server.close());
    return server;
  }

  async function expectEcho(url: string): Promise<void> {
    const socket = await connect(url);
    socket.send("hello");
    for await (const message of socket) {
      expect(message).toBe("hello");
      socket.close();
    }
    expect(await socket.closed).toMatchObject({ wasClean: true });
  }

  /** Makes a socket file on which nobody listens, as a killed process leaves it. */
  async function makeStale(path: string): Promise<void> {
    const server = await listenRaw(path, () => {});
    renameSync(path, `${path}.aside`);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    renameSync(`${path}.aside`, path);
    expect(lstatSync(path).isSocket()).toBe(true);
  }

  const cannotListen = (path: string, why: string) => ({
    name: "ListenError",
    code: "WS_ERR_LISTEN_FAILED",
    message: expect.stringMatching(new RegExp(`^cannot listen on ${path}: .*${why}`)),
  });

  describe(`${runtime}: a server on a Unix socket`, () => {
    test("serves ws+unix: URLs; it has no port, and its clients no address", async () => {
      const unix = newPath();
      const requests: IncomingRequest[] = [];
      const server = await echo(unix, { accept: (request) => void requests.push(request) });
      expect(server).toMatchObject({ unix, port: 0, hostname: "" });
      await expectEcho(`ws+unix:${unix}:/chat?room=1`);
      await expectEcho(`ws+unix:${unix}`);
      const [first, second] = requests;
      expect(first).toMatchObject({ target: "/chat?room=1", remoteAddress: "" });
      expect(first.headers.get("host")).toBe("localhost");
      expect(second.target).toBe("/");
    });

    test("deletes its file when it closes, and the path can be used again", async () => {
      const unix = newPath();
      for (let i = 0; i < 2; i++) {
        const server = await echo(unix);
        const socket = await connect(`ws+unix:${unix}`);
        expect(lstatSync(unix).isSocket()).toBe(true);
        const closing = server.close();
        expect(existsSync(unix)).toBe(false);
        await closing;
        expect(await socket.closed).toMatchObject({ statusCode: 1001, wasClean: true });
      }
    });

    test("does not take the path of a server that listens", async () => {
      const unix = newPath();
      await echo(unix);
      await expect(serve({ unix })).rejects.toMatchObject(
        cannotListen(unix, "another server listens there"),
      );
      await expectEcho(`ws+unix:${unix}`);
    });

    test("replaces a socket file on which nobody listens", async () => {
      const unix = newPath();
      await makeStale(unix);
      await echo(unix);
      await expectEcho(`ws+unix:${unix}`);
    });

    test("deletes no file that is not a socket, when it starts", async () => {
      const unix = newPath();
      writeFileSync(unix, "mine");
      await expect(serve({ unix })).rejects.toMatchObject(cannotListen(unix, "not a socket"));
      expect(readFileSync(unix, "utf8")).toBe("mine");
      unlinkSync(unix);

      mkdirSync(unix);
      await expect(serve({ unix })).rejects.toMatchObject(cannotListen(unix, "not a socket"));
      rmdirSync(unix);

      const target = newPath();
      await makeStale(target);
      symlinkSync(target, unix);
      await expect(serve({ unix })).rejects.toMatchObject(cannotListen(unix, "not a socket"));
      expect(lstatSync(unix).isSymbolicLink()).toBe(true);
      expect(lstatSync(target).isSocket()).toBe(true);
    });

    test("deletes no file but its own, when it closes", async () => {
      const unix = newPath();
      const first = await echo(unix);
      unlinkSync(unix);
      const second = await echo(unix);
      await first.close();
      await expect.poll(() => existsSync(unix)).toBe(true);
      await expectEcho(`ws+unix:${unix}`);
      unlinkSync(unix);
      writeFileSync(unix, "mine");
      await second.close();
      await expect.poll(() => existsSync(unix)).toBe(true);
      expect(readFileSync(unix, "utf8")).toBe("mine");
      unlinkSync(unix);
      const third = await echo(unix);
      unlinkSync(unix);
      await third.close();
      expect(existsSync(unix)).toBe(false);
    });

    test("closes and starts again at once, many times, without losing the file", async () => {
      const unix = newPath();
      for (let i = 0; i < 10; i++) {
        const server = await serve({ unix });
        void server.close();
        const next = await echo(unix);
        await new Promise((resolve) => setTimeout(resolve, 2));
        await expectEcho(`ws+unix:${unix}`);
        await next.close();
      }
    });

    test("fails if the folder does not exist", async () => {
      const unix = `${newPath()}/a.sock`;
      await expect(serve({ unix })).rejects.toMatchObject(cannotListen(unix, ""));
    });

    test("disconnects a silent client after the handshake timeout", async () => {
      const unix = newPath();
      await echo(unix, { handshakeTimeout: 50 });
      const socket = dial({ path: unix });
      let received = "";
      socket.on("data", (bytes) => {
        received += bytes;
      });
      await new Promise<void>((resolve) => socket.on("close", () => resolve()));
      expect(received).toMatch(/^HTTP\/1.1 408 /);
    });

    test("send returns queued for a client that does not read, and drains when it does", async () => {
      const unix = newPath();
      const sockets: Socket[] = [];
      await echo(unix, { open: (socket) => void sockets.push(socket) });
      const client = await connect(`ws+unix:${unix}`);
      const message = new Uint8Array(1_048_576);
      let result = "";
      for (let i = 0; i < 8; i++) result = sockets[0].send(message);
      expect(result).toBe("queued");
      let length = 0;
      for await (const data of client) {
        length += data.length;
        if (length === 8 * message.length) break;
      }
      await sockets[0].drained;
      expect(sockets[0].bufferedAmount).toBe(0);
      client.terminate();
      expect(await sockets[0].closed).toMatchObject({ statusCode: 1006 });
    });
  });

  describe(`${runtime}: a client of a Unix socket`, () => {
    test("reports a path on which nobody listens", async () => {
      const path = newPath();
      const failed = {
        name: "HandshakeError",
        code: "WS_ERR_CONNECT_FAILED",
        message: expect.stringContaining(`cannot connect to ${path}: `),
      };
      await expect(connect(`ws+unix:${path}:/a`)).rejects.toMatchObject(failed);
      await makeStale(path);
      await expect(connect(`ws+unix:${path}:/a`)).rejects.toMatchObject(failed);
      unlinkSync(path);
      writeFileSync(path, "");
      await expect(connect(`ws+unix:${path}:/a`)).rejects.toMatchObject(failed);
    });

    test("gives up a server that never answers, and closes the connection", async () => {
      const path = newPath();
      let ended = 0;
      await listenRaw(path, (socket) => {
        socket.resume();
        socket.on("end", () => void ended++).on("error", () => {});
      });
      await expect(connect(`ws+unix:${path}`, { handshakeTimeout: 50 })).rejects.toMatchObject({
        code: "WS_ERR_HANDSHAKE_TIMEOUT",
      });
      await expect.poll(() => ended).toBe(1);
    });
  });

  if (process.platform === "linux")
    describe(`${runtime}: an abstract name`, () => {
      test("works like a path, without a file", async () => {
        const name = `framewright/${crypto.randomUUID()}`;
        const unix = `\0${name}`;
        const server = await echo(unix);
        expect(server.unix).toBe(unix);
        await expectEcho(`ws+unix:@${name}:/a`);
        await expect(serve({ unix })).rejects.toMatchObject(cannotListen(`@${name}`, ""));
        await server.close();
        await expect(connect(`ws+unix:@${name}`)).rejects.toMatchObject({
          code: "WS_ERR_CONNECT_FAILED",
          message: expect.stringContaining(`cannot connect to @${name}: `),
        });
        await echo(unix);
        await expectEcho(`ws+unix:@${name}`);
      });
    });
}
