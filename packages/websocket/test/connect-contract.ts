import { once } from "node:events";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import type { ConnectOptions, HandshakeError, Socket } from "@framewright/websocket";
import type { WebSocketConstructor } from "@framewright/websocket/transport";
import { afterEach, describe, expect, test } from "vitest";
import {
  acceptance,
  headerOf,
  often,
  type ScriptedServer,
  scriptedServer,
} from "./scripted-servers.ts";

export interface ConnectSubject {
  connect(url: string, options?: ConnectOptions): Promise<Socket>;
  readonly WebSocket: WebSocketConstructor;
}

/** A signal that counts its listeners. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: never) => {
    listeners.add(listener);
    addEventListener.call(signal, type, listener);
  };
  signal.removeEventListener = (type: string, listener: never) => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  return { controller, signal, listeners };
}

/** Tests how attempts of `connect` end early and what their errors tell, over real sockets. */
export function describeConnect(runtime: string, { connect, WebSocket }: ConnectSubject): void {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(answer: (request: string) => string | undefined): Promise<ScriptedServer> {
    const server = await scriptedServer(answer);
    cleanups.push(() => server.close());
    return server;
  }

  const failureOf = (socket: Promise<Socket>): Promise<HandshakeError> =>
    socket.then(
      () => Promise.reject(new Error("it connected")),
      (error) => error,
    );

  /** A server of HTTP/2 that takes extended CONNECT requests and answers them by a function. */
  async function http2Server(answer: (stream: http2.ServerHttp2Stream) => void) {
    const server = http2.createServer({ settings: { enableConnectProtocol: true } });
    const sessions = new Set<http2.ServerHttp2Session>();
    let streams = 0;
    server.on("session", (session) => {
      sessions.add(session);
      session.on("close", () => sessions.delete(session));
    });
    server.on("stream", (stream: http2.ServerHttp2Stream) => {
      streams++;
      stream.on("error", () => {});
      stream.on("close", () => streams--);
      answer(stream);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => {
      for (const session of sessions) session.destroy();
      server.close();
    });
    return { port: (server.address() as AddressInfo).port, streams: () => streams };
  }

  describe(`the signal of connect on ${runtime}`, () => {
    test("aborted before the call, nothing is opened", async () => {
      const server = await start(acceptance);
      const reason = new Error("changed my mind");
      const signal = AbortSignal.abort(reason);
      for (const http2 of [false, true]) {
        const attempt = connect(`ws://127.0.0.1:${server.port}/`, { signal, http2 });
        expect(await failureOf(attempt)).toBe(reason);
      }
      expect(server.remoteAddresses).toEqual([]);
    });

    test.each(["ws", "wss"])("aborted while the server is silent (%s)", async (scheme) => {
      const server = await start(() => undefined);
      const { controller, signal, listeners } = countedSignal();
      const attempt = failureOf(connect(`${scheme}://127.0.0.1:${server.port}/`, { signal }));
      await expect.poll(server.open, often).toBe(1);
      controller.abort();
      expect(await attempt).toBe(signal.reason);
      expect(signal.reason.name).toBe("AbortError");
      await expect.poll(server.open, often).toBe(0);
      expect(listeners.size).toBe(0);
    });

    test("aborted while earlier connections to the host are not answered", async () => {
      const { controller, signal, listeners } = countedSignal();
      const lookup = () => new Promise<string>(() => {});
      const first = new AbortController();
      const earlier = failureOf(connect("ws://a.example/", { lookup, signal: first.signal }));
      const attempt = failureOf(connect("ws://a.example/", { signal }));
      controller.abort("enough");
      expect(await attempt).toBe("enough");
      first.abort();
      await earlier;
      expect(listeners.size).toBe(0);
    });

    test("aborted over HTTP/2, the stream is reset and the session released", async () => {
      const { port, streams } = await http2Server(() => {});
      const { controller, signal, listeners } = countedSignal();
      const attempt = failureOf(connect(`ws://127.0.0.1:${port}/`, { signal, http2: true }));
      await expect.poll(streams, often).toBe(1);
      controller.abort();
      expect(await attempt).toBe(signal.reason);
      await expect.poll(streams, often).toBe(0);
      expect(listeners.size).toBe(0);
    });

    test("aborted before the server's first frame of HTTP/2", async () => {
      const server = await start(() => undefined);
      const { controller, signal, listeners } = countedSignal();
      const options = { signal, http2: true };
      const attempt = failureOf(connect(`ws://127.0.0.1:${server.port}/`, options));
      await expect.poll(server.open, often).toBe(1);
      controller.abort();
      expect(await attempt).toBe(signal.reason);
      await expect.poll(server.open, often).toBe(0);
      expect(listeners.size).toBe(0);
    });

    test("a time limit of the caller", async () => {
      const server = await start(() => undefined);
      const signal = AbortSignal.timeout(20);
      const error = await failureOf(connect(`ws://127.0.0.1:${server.port}/`, { signal }));
      expect([error, error.name]).toEqual([signal.reason, "TimeoutError"]);
    });

    test("one signal for many connections, which it does not touch once they are open", async () => {
      const { controller, signal, listeners } = countedSignal();
      const server = await start((request) =>
        request.startsWith("GET /no ")
          ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
          : acceptance(request),
      );
      const url = `ws://127.0.0.1:${server.port}`;
      const { port } = await http2Server((stream) => stream.respond({ ":status": 200 }));
      const sockets = await Promise.all([
        ...Array.from({ length: 20 }, () => connect(`${url}/`, { signal })),
        ...Array.from({ length: 3 }, () =>
          connect(`ws://127.0.0.1:${port}/`, { signal, http2: true }),
        ),
      ]);
      await failureOf(connect(`${url}/no`, { signal, redirects: 1 }));
      expect(listeners.size).toBe(0);
      controller.abort();
      expect(new Set(sockets.map((socket) => socket.readyState))).toEqual(new Set(["open"]));
      for (const socket of sockets) socket.terminate();
    });
  });

  describe(`handshakeTimeout of connect on ${runtime}`, () => {
    test.each([
      ["lookup", "ws", { lookup: 20 }],
      ["lookup", "ws", { total: 20 }],
      ["tls", "wss", { tls: 20 }],
      ["response", "ws", { response: 20, connect: 5_000 }],
    ] as const)("%s takes too long (%s, %j)", async (step, scheme, handshakeTimeout) => {
      const server = await start(() => undefined);
      const url = `${scheme}://localhost:${server.port}/`;
      const lookup = () =>
        step === "lookup" ? new Promise<string>(() => {}) : Promise.resolve("127.0.0.1");
      const error = await failureOf(connect(url, { lookup, handshakeTimeout }));
      expect(error).toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT", step, status: 0, url });
      await expect.poll(server.open, often).toBe(0);
    });

    test("over HTTP/2", async () => {
      const silent = await start(() => undefined);
      const { port } = await http2Server(() => {});
      const waits = [silent.port, port].map(async (one) => {
        const handshakeTimeout = { response: 20, connect: 20_000, tls: 20_000, total: 30_000 };
        const options = { http2: true, handshakeTimeout };
        const error = await failureOf(connect(`ws://127.0.0.1:${one}/`, options));
        expect(error).toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT", step: "response" });
      });
      await Promise.all(waits);
    });
  });

  describe(`errors of connect on ${runtime}`, () => {
    const body = "x".repeat(100_000);

    test("a refusal has the status, the headers, the start of the body and the URL", async () => {
      const server = await start(
        () =>
          `HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      const error = await failureOf(connect(`ws://me:secret@127.0.0.1:${server.port}/a?b`));
      expect(error).toMatchObject({
        code: "WS_ERR_UNEXPECTED_RESPONSE",
        status: 503,
        step: "response",
        url: `ws://127.0.0.1:${server.port}/a?b`,
      });
      expect(error.headers?.get("Retry-After")).toBe("7");
      expect([...(error.headers ?? [])]).toEqual([
        ["retry-after", "7"],
        ["content-length", "100000"],
      ]);
      expect(error.body?.length).toBe(65_536);
      expect(error.bodyText).toBe(body.slice(0, 65_536));
      expect(headerOf(server.requests[0], "authorization")).toBe("Basic bWU6c2VjcmV0");
    });

    test("so it has over HTTP/2", async () => {
      const { port } = await http2Server((stream) => {
        stream.respond({ ":status": 503, "retry-after": "7" });
        stream.end(body);
      });
      const url = `ws://127.0.0.1:${port}/a?b`;
      const error = await failureOf(connect(url.replace("//", "//me:secret@"), { http2: true }));
      expect(error).toMatchObject({
        code: "WS_ERR_UNEXPECTED_RESPONSE",
        status: 503,
        step: "response",
        url,
      });
      expect(error.headers?.get("retry-after")).toBe("7");
      expect(error.bodyText).toBe(body.slice(0, 65_536));
    });

    test("the standard class has it in its error event", async () => {
      const server = await start(() => "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nhi");
      const url = `ws://127.0.0.1:${server.port}/`;
      const { error } = await new Promise<{ error: HandshakeError }>((resolve) => {
        new WebSocket(url).addEventListener("error", resolve as never);
      });
      expect(error).toMatchObject({ status: 401, bodyText: "hi", step: "response", url });
    });

    test("nobody listens", async () => {
      const server = await start(() => undefined);
      await server.close();
      const url = `ws://127.0.0.1:${server.port}/`;
      const error = await failureOf(connect(url));
      expect(error).toMatchObject({ code: "WS_ERR_CONNECT_FAILED", step: "connect", url });
      expect([error.headers, error.body, error.bodyText]).toEqual([undefined, undefined, ""]);
    });

    test("credentials of the URL are sent unless headers have others", async () => {
      const server = await start(acceptance);
      const url = `ws://us%C3%A9r:p%3Ass@127.0.0.1:${server.port}/`;
      const headers = { authorization: "Bearer x" };
      for (const options of [{}, { headers }]) (await connect(url, options)).terminate();
      expect(server.requests.map((request) => headerOf(request, "authorization"))).toEqual([
        `Basic ${Buffer.from("usér:p:ss").toString("base64")}`,
        "Bearer x",
      ]);
      const socket = new WebSocket(url);
      await new Promise((resolve) => socket.addEventListener("open", resolve as never));
      expect(headerOf(server.requests[2], "authorization")).toMatch(/^Basic /);
      socket.close();
    });
  });
}
