import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { type AddressInfo, connect as dial, type Socket as TcpSocket } from "node:net";
import { Duplex } from "node:stream";
import type {
  AttachedServer,
  AttachOptions,
  ConnectOptions,
  HandshakeError,
  HttpServer,
  Socket,
  Upgrades,
} from "@framewright/websocket";
import { refuse } from "@framewright/websocket";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { maskedFrame, upgradeRequest } from "./memory-transport.ts";

/** The functions of a transport package. */
export interface AttachPackage {
  attach<Data = undefined>(server: HttpServer, options: AttachOptions<Data>): AttachedServer<Data>;
  createUpgrades<Data = undefined>(options: AttachOptions<Data>): Upgrades<Data>;
  connect(url: string, options?: ConnectOptions): Promise<Socket>;
}

/** Resolves when the condition is true. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error("the condition did not become true");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A TCP client that keeps what it receives. */
export class RawClient {
  readonly socket: TcpSocket;
  received = Buffer.alloc(0);
  hasEnded = false;

  constructor(port: number) {
    this.socket = dial(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("data", (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
    });
    this.socket.on("close", () => {
      this.hasEnded = true;
    });
  }

  send(...pieces: (string | readonly number[])[]): void {
    const bytes = pieces.map((piece) =>
      typeof piece === "string" ? Buffer.from(piece) : Buffer.from(Uint8Array.from(piece)),
    );
    this.socket.write(Buffer.concat(bytes));
  }

  get text(): string {
    return this.received.toString("latin1");
  }
}

/** Tests WebSockets on servers of `node:http` and `node:https`. */
export function describeAttach(name: string, subject: AttachPackage): void {
  const cleanups: (() => unknown)[] = [];
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  /** Starts an HTTP server and returns its port. */
  async function listening(server: http.Server | https.Server): Promise<number> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  function attached<Data = undefined>(server: HttpServer, options: AttachOptions<Data>) {
    const result = subject.attach(server, options);
    cleanups.push(() => result.close({ timeout: 100 }));
    return result;
  }

  async function echoing(options: AttachOptions = {}) {
    const httpServer = http.createServer((_request, response) => response.end("page"));
    const server = attached(httpServer, {
      message: (socket, data) => void socket.send(data),
      ...options,
    });
    const port = await listening(httpServer);
    return { httpServer, server, port };
  }

  function rawClient(port: number): RawClient {
    const client = new RawClient(port);
    cleanups.push(() => client.socket.destroy());
    return client;
  }

  async function page(port: number): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    return response.text();
  }

  describe(`attach on ${name}`, () => {
    test("WebSockets and pages on one port", async () => {
      const requests: unknown[] = [];
      const { httpServer, server, port } = await echoing({
        accept: ({ method, path, query, raw, remoteAddress, url }) => {
          const isRaw = raw instanceof http.IncomingMessage;
          requests.push([
            method,
            path,
            query,
            isRaw,
            remoteAddress.replace("::ffff:", ""),
            url.href,
          ]);
        },
      });
      expect(await page(port)).toBe("page");
      const socket = await subject.connect(`ws://127.0.0.1:${port}/a?b`);
      const iterator = socket[Symbol.asyncIterator]();
      for (const message of ["hello", new Uint8Array([1, 2, 3]), "x".repeat(1_000_000)]) {
        socket.send(message);
        expect((await iterator.next()).value).toEqual(message);
      }
      const large = new Uint8Array(3_000_000).map((_, index) => index * 7);
      socket.send(large);
      expect(Buffer.compare((await iterator.next()).value as Uint8Array, large)).toBe(0);
      expect(await page(port)).toBe("page");
      expect(requests).toEqual([
        ["GET", "/a", "b", true, "127.0.0.1", `http://127.0.0.1:${port}/a?b`],
      ]);
      expect(server.stats()).toMatchObject({
        openConnections: 1,
        accepted: 1,
        messagesReceived: 4,
      });
      socket.close(4_000, "bye");
      expect(await socket.closed).toMatchObject({
        statusCode: 4_000,
        reason: "bye",
        wasClean: true,
      });
      expect(httpServer.listenerCount("upgrade")).toBe(1);
      await server.close();
      expect(httpServer.listenerCount("upgrade")).toBe(0);
    });

    test("over TLS", async () => {
      const { ca, cert, key } = certificates;
      const httpServer = https.createServer({ cert, key }, (_request, response) => response.end());
      const urls: string[] = [];
      attached(httpServer, {
        accept: ({ url }) => void urls.push(url.protocol),
        message: (socket, data) => void socket.send(data),
      });
      const port = await listening(httpServer);
      const socket = await subject.connect(`wss://127.0.0.1:${port}/`, { tls: { ca } });
      socket.send("hello");
      for await (const message of socket) {
        expect(message).toBe("hello");
        break;
      }
      socket.close();
      await socket.closed;
      expect(urls).toEqual(["https:"]);
    });

    test("frames that come with the request, and while accept decides, are not lost", async () => {
      let decide: (() => void) | undefined;
      const { port } = await echoing({
        accept: () =>
          new Promise((resolve) => {
            decide = () => resolve(undefined);
          }),
      });
      const client = rawClient(port);
      const frame = maskedFrame(1, "one");
      client.send(upgradeRequest("/"), frame, frame.slice(0, 4));
      await until(() => decide !== undefined);
      client.send(frame.slice(4), maskedFrame(1, "two"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      decide?.();
      await until(() => client.text.includes("two"));
      expect(client.text.split("\r\n\r\n")[1]).toBe("\x81\x03one\x81\x03one\x81\x03two");
    });

    test("several servers and other listeners share one HTTP server", async () => {
      const httpServer = http.createServer();
      const told: string[] = [];
      const one = attached(httpServer, { path: "/one", open: (socket) => void socket.send("1") });
      attached(httpServer, {
        routes: { "/two/:id": { open: (socket) => void socket.send("2") } },
      });
      const port = await listening(httpServer);
      const open = async (path: string) => {
        const socket = await subject.connect(`ws://127.0.0.1:${port}${path}`);
        for await (const message of socket) {
          socket.terminate();
          return message;
        }
        return undefined;
      };
      expect([await open("/one?x=1"), await open("/two/7")]).toEqual(["1", "2"]);
      for (const path of ["/three", "/two/", "/one/"]) {
        await expect(open(path)).rejects.toMatchObject({ status: 404 });
      }
      httpServer.on("upgrade", (request, socket: Duplex) => {
        if (request.url !== "/three") return;
        told.push(request.url);
        socket.end("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
      });
      await expect(open("/three")).rejects.toMatchObject({ status: 410 });
      expect([await open("/one"), await open("/two/7"), told]).toEqual(["1", "2", ["/three"]]);
      await one.close();
      const left = rawClient(port);
      left.send(upgradeRequest("/one"));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect([left.text, left.hasEnded]).toEqual(["", false]);
    });

    test("a client that resets the connection before accept decides harms nobody", async () => {
      const faults: string[] = [];
      let aborted = 0;
      const { port, server } = await echoing({
        accept: ({ path, signal }) => {
          if (path === "/") return undefined;
          signal.addEventListener("abort", () => {
            aborted++;
          });
          return new Promise((resolve) => setTimeout(resolve, 100, undefined));
        },
        refused: (_request, fault: HandshakeError) => void faults.push(fault.code),
      });
      const honest = await subject.connect(`ws://127.0.0.1:${port}/`);
      for (let index = 0; index < 5; index++) {
        const client = rawClient(port);
        client.send(upgradeRequest("/wait"));
        await until(() => server.stats().pendingHandshakes === 1);
        client.socket.resetAndDestroy();
        await until(() => server.stats().pendingHandshakes === 0);
      }
      expect([aborted, faults]).toEqual([5, Array(5).fill("WS_ERR_HANDSHAKE_INCOMPLETE")]);
      honest.send("still here");
      for await (const message of honest) {
        expect(message).toBe("still here");
        break;
      }
      honest.terminate();
    });

    test("refusals arrive whole, and invalid handshakes get their status", async () => {
      const reason = "x".repeat(60_000);
      const { port, server } = await echoing({
        accept: ({ path }) => (path === "/no" ? refuse(401, reason) : undefined),
      });
      const refused = subject.connect(`ws://127.0.0.1:${port}/no`);
      const error: HandshakeError = await refused.then(
        () => Promise.reject(new Error("it was accepted")),
        (error) => error,
      );
      expect(error.status).toBe(401);
      expect(new TextDecoder().decode(error.body)).toBe(`${reason}\n`);
      const client = rawClient(port);
      client.send(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n\r\n",
      );
      await until(() => client.hasEnded);
      expect(client.text).toMatch(/^HTTP\/1.1 426 Upgrade Required\r\n/);
      expect(client.text).toContain("\r\nSec-WebSocket-Version: 13\r\n");
      expect(server.stats().refused).toEqual({ WS_ERR_REFUSED: 1, WS_ERR_INVALID_VERSION: 1 });
    });

    test("limits apply: pending handshakes and the handshake timeout", async () => {
      const { port } = await echoing({
        maxPendingHandshakes: 1,
        handshakeTimeout: 200,
        accept: () => new Promise(() => {}),
      });
      const first = rawClient(port);
      first.send(upgradeRequest("/"));
      await until(() => first.socket.bytesWritten > 0);
      const second = rawClient(port);
      await new Promise((resolve) => setTimeout(resolve, 50));
      second.send(upgradeRequest("/"));
      await until(() => second.hasEnded);
      expect(second.text).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n/);
      await until(() => first.hasEnded);
      expect(first.text).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
    });

    test("the HTTP server's timeouts do not end a WebSocket", async () => {
      const { httpServer, port } = await echoing();
      httpServer.timeout = httpServer.keepAliveTimeout = 50;
      httpServer.requestTimeout = httpServer.headersTimeout = 50;
      const socket = await subject.connect(`ws://127.0.0.1:${port}/`);
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(socket.readyState).toBe("open");
      socket.terminate();
    });

    test("a peer that does not read is held back, and gets everything in the end", async () => {
      const { port, server } = await echoing({ maxBufferedAmount: 2 ** 30 });
      const client = rawClient(port);
      client.send(upgradeRequest("/"));
      await until(() => client.text.endsWith("\r\n\r\n"));
      client.socket.pause();
      client.received = Buffer.alloc(0);
      const [socket] = server.clients;
      let sent = 0;
      while (socket.bufferedAmount < 8_000_000) {
        socket.send(new Uint8Array(1_000_000).fill(sent));
        sent++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.socket.resume();
      await socket.drained;
      await until(() => client.received.length === sent * 1_000_010);
      for (let index = 0; index < sent; index++) {
        expect(client.received[index * 1_000_010 + 500]).toBe(index & 0xff);
      }
    });

    test("a peer that sends more than a slow handler takes is held back", async () => {
      let received = 0;
      let proceed: (() => void) | undefined;
      const { port } = await echoing({
        message: () => {
          received++;
          return new Promise<void>((resolve) => {
            proceed = resolve;
          });
        },
      });
      const client = rawClient(port);
      client.send(upgradeRequest("/"));
      await until(() => client.text.endsWith("\r\n\r\n"));
      const frame = Buffer.concat([
        Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0]),
        Buffer.alloc(1_000_000),
      ]);
      let count = 0;
      while (client.socket.writableLength < 4_000_000) {
        client.socket.write(frame);
        count++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (count === 200) throw new Error("200 MB were taken from the peer");
      }
      const end = performance.now() + 10_000;
      while (received < count || proceed !== undefined) {
        if (performance.now() > end) throw new Error(`${received} of ${count}`);
        proceed?.();
        proceed = undefined;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      expect(received).toBe(count);
    });

    test("close of either server first", async () => {
      for (const isOursFirst of [true, false]) {
        const { httpServer, server, port } = await echoing();
        const socket = await subject.connect(`ws://127.0.0.1:${port}/`);
        const closeHttp = () => new Promise((resolve) => httpServer.close(resolve));
        if (isOursFirst) {
          expect(await server.close()).toEqual({ closed: 1, terminated: 0 });
          await closeHttp();
        } else {
          const closed = closeHttp();
          socket.send("works until ours is closed");
          for await (const message of socket) {
            expect(message).toBe("works until ours is closed");
            break;
          }
          expect(await server.close()).toEqual({ closed: 1, terminated: 0 });
          await closed;
        }
        expect(await socket.closed).toMatchObject({ statusCode: 1_001 });
      }
    });

    test("a request for another protocol is left alone, or is an ordinary request", async () => {
      const { httpServer, port } = await echoing();
      const request =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n";
      const client = rawClient(port);
      client.send(request);
      await until(() => client.hasEnded);
      // Older versions of Node cannot treat it as an ordinary one.
      const isSelective = "shouldUpgradeCallback" in httpServer;
      expect(client.text).toMatch(isSelective ? /^HTTP\/1.1 (200|404) / : /^HTTP\/1.1 404 /);
      httpServer.on("upgrade", (request, socket: Duplex) => {
        if (request.headers.upgrade === "h2c") socket.end("HTTP/1.1 418 I'm a teapot\r\n\r\n");
      });
      const other = rawClient(port);
      other.send(request);
      await until(() => other.hasEnded);
      expect(other.text).toMatch(/^HTTP\/1.1 418 /);
    });

    test("shouldUpgradeCallback of the application decides first", async () => {
      const httpServer = http.createServer((_request, response) => response.end("page"));
      if (!("shouldUpgradeCallback" in httpServer)) return;
      const selective = httpServer as {
        shouldUpgradeCallback(request: http.IncomingMessage): boolean;
      };
      const original = () => false;
      selective.shouldUpgradeCallback = original;
      const server = attached(httpServer, {});
      expect(selective.shouldUpgradeCallback({ rawHeaders: [], httpVersion: "1.1" } as never)).toBe(
        false,
      );
      await server.close();
      expect(selective.shouldUpgradeCallback).toBe(original);
    });
  });

  describe(`createUpgrades on ${name}`, () => {
    test("handleUpgrade resolves to the socket, or to undefined", async () => {
      const upgrades = subject.createUpgrades<string>({
        accept: ({ path }) => (path === "/no" ? refuse(403) : path),
      });
      cleanups.push(() => upgrades.close({ timeout: 100 }));
      const httpServer = http.createServer();
      const results: unknown[] = [];
      httpServer.on("upgrade", async (request, socket, head) => {
        const opened = await upgrades.handleUpgrade(request, socket, head);
        results.push(opened?.data);
      });
      const port = await listening(httpServer);
      const socket = await subject.connect(`ws://127.0.0.1:${port}/yes`);
      await expect(subject.connect(`ws://127.0.0.1:${port}/no`)).rejects.toMatchObject({
        status: 403,
      });
      await until(() => results.length === 2);
      expect(results).toEqual(["/yes", undefined]);
      socket.terminate();
    });

    test("any duplex will do; its bytes are not modified", async () => {
      const upgrades = subject.createUpgrades({
        message: (socket, data) => void socket.send(data),
      });
      cleanups.push(() => upgrades.close({ timeout: 100 }));
      const written: Uint8Array[] = [];
      const stream = new Duplex({
        read() {},
        write(bytes: Buffer, _encoding, callback) {
          written.push(Buffer.from(bytes));
          callback();
        },
      });
      const lines = upgradeRequest("/").split("\r\n").slice(1, -2);
      const rawHeaders = lines.flatMap((line) => line.split(": "));
      const request = { method: "GET", url: "/", httpVersion: "1.1", rawHeaders };
      const opening = upgrades.handleUpgrade(request, stream, new Uint8Array(0));
      expect((await opening)?.readyState).toBe("open");
      const frame = Buffer.from([0x81, 0x82, 1, 2, 3, 4, 0x61 ^ 1, 0x62 ^ 2]);
      const copy = Buffer.from(frame);
      stream.push(frame);
      await until(() => written.length === 2);
      expect([...written[1]]).toEqual([0x81, 2, 0x61, 0x62]);
      expect(frame).toEqual(copy);
      stream.push(null);
      await until(() => upgrades.clients.size === 0);
    });
  });
}
