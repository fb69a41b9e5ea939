import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import type {
  AnyAttachOptions,
  AttachOptions,
  HandshakeError,
  Socket,
} from "@framewright/websocket";
import { refuse } from "@framewright/websocket";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { AttachPackage } from "./attach-contract.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { http2Frame } from "./http2-frames.ts";
import {
  connectFrame,
  framesOf,
  type Headers,
  rawOpening,
  StreamPeer,
  until,
} from "./http2-peer.ts";
import { maskedFrame } from "./memory-transport.ts";

/** Tests WebSockets over HTTP/2 (RFC 8441) on servers of `node:http2`. */
export function describeHttp2(
  name: string,
  { attach, connect, createUpgrades }: AttachPackage,
): void {
  const cleanups: (() => unknown)[] = [];
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function listening(server: http2.Http2Server | http2.Http2SecureServer): Promise<number> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    return (server.address() as net.AddressInfo).port;
  }

  async function session(port: number): Promise<http2.ClientHttp2Session> {
    const client = http2.connect(`http://127.0.0.1:${port}`);
    client.on("error", () => {});
    cleanups.push(() => client.destroy());
    await once(client, "remoteSettings");
    return client;
  }

  async function echoing<Data = undefined>(options: AnyAttachOptions<Data> = {}) {
    const httpServer = http2.createServer();
    let connections = 0;
    httpServer.on("session", () => {
      connections++;
    });
    const closes: unknown[] = [];
    const server = attach<Data>(httpServer, {
      message: (socket, data) => void socket.send(data),
      close: (_socket, statusCode, reason) => void closes.push([statusCode, reason]),
      ...options,
    } as AttachOptions<Data>);
    cleanups.push(() => server.close({ timeout: 100 }));
    const port = await listening(httpServer);
    return { httpServer, server, port, closes, connections: () => connections };
  }

  describe(`HTTP/2 on ${name}`, () => {
    test("several WebSockets on one TCP connection, with routes and handlers as over HTTP/1.1", async () => {
      const requests: unknown[] = [];
      const { port, server, connections } = await echoing({
        subprotocols: ["chat"],
        accept: ({ method, target, url, headers, raw }) => {
          requests.push([method, target, url.href, headers.get("cookie"), raw !== undefined]);
        },
      });
      const client = await session(port);
      expect(client.remoteSettings.enableConnectProtocol).toBe(true);
      const peers = ["/a?x=1", "/b", "/c"].map(
        (path) =>
          new StreamPeer(client, path, { "sec-websocket-protocol": "x, chat", cookie: "a=1" }),
      );
      for (const [index, peer] of peers.entries()) {
        expect(await peer.status()).toBe(200);
        expect(peer.response?.["sec-websocket-protocol"]).toBe("chat");
        expect(peer.response?.["sec-websocket-accept"]).toBeUndefined();
        peer.send(maskedFrame(1, `hello ${index}`), maskedFrame(9, "p"));
        await peer.receives(`\x81\x07hello ${index}\x8a\x01p`);
      }
      expect(connections()).toBe(1);
      expect(server.stats()).toMatchObject({ openConnections: 3, accepted: 3 });
      expect(requests[0]).toEqual([
        "CONNECT",
        "/a?x=1",
        "http://server.example.com/a?x=1",
        "a=1",
        true,
      ]);
      peers[1].send(maskedFrame(8, [0x03, 0xe8]));
      await peers[1].receives("\x88\x02\x03\xe8");
      await until(() => peers[1].hasEnded);
      peers[1].stream.end();
      await until(() => server.stats().openConnections === 2);
      peers[0].send(maskedFrame(1, "still"));
      await peers[0].receives("\x81\x05still");
    });

    test("compression, and a key that a client sends all the same is answered", async () => {
      const { port } = await echoing({ compression: { threshold: 0 } });
      const client = await session(port);
      const peer = new StreamPeer(client, "/", {
        "sec-websocket-extensions": "permessage-deflate; server_no_context_takeover",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      });
      expect(await peer.status()).toBe(200);
      expect(peer.response).toMatchObject({
        "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "sec-websocket-extensions": expect.stringContaining("permessage-deflate"),
      });
      peer.send(maskedFrame(1, "hello ".repeat(20)));
      await until(() => peer.received.length > 2);
      expect(peer.received[0]).toBe(0xc1);
    });

    test("refusals have a status, headers and a body", async () => {
      const { port, server } = await echoing({
        accept: () => refuse(401, "sign in", { "WWW-Authenticate": "Basic", "X-Two": ["a", "b"] }),
        routes: { "/yes": {} },
      });
      const client = await session(port);
      const refused = new StreamPeer(client, "/yes");
      expect(await refused.status()).toBe(401);
      expect(refused.response).toMatchObject({ "www-authenticate": "Basic", "x-two": "a, b" });
      await until(() => refused.isClosed);
      expect(refused.received.toString()).toBe("sign in\n");
      const missing = new StreamPeer(client, "/no");
      expect(await missing.status()).toBe(404);
      expect(server.stats().refused).toEqual({ WS_ERR_REFUSED: 1, WS_ERR_NO_ROUTE: 1 });
    });

    test.each<[Headers, number]>([
      [{ "sec-websocket-version": "8" }, 400],
      [{ "sec-websocket-key": "short" }, 400],
      [{ "sec-websocket-protocol": "a, a" }, 400],
      [{ "sec-websocket-extensions": "=" }, 400],
      [{ ":protocol": "connect-udp" }, 501],
      [{ ":path": "/#x" }, 400],
      [{ host: "other.example" }, 400],
    ])("%j gets %d, and its neighbour is unharmed", async (headers, status) => {
      const { port } = await echoing();
      const client = await session(port);
      const neighbour = new StreamPeer(client, "/");
      expect(await neighbour.status()).toBe(200);
      const peer = new StreamPeer(client, "/", headers);
      expect(await peer.status()).toBe(status);
      neighbour.send(maskedFrame(1, "hi"));
      await neighbour.receives("\x81\x02hi");
    });

    test("a stream that is reset, or ended, ends its WebSocket once and no other", async () => {
      const { port, server, closes } = await echoing({ closeTimeout: 100 });
      const client = await session(port);
      const [reset, ended, neighbour] = ["/", "/", "/"].map((path) => new StreamPeer(client, path));
      for (const peer of [reset, ended, neighbour]) await peer.status();
      const [first] = server.clients;
      reset.stream.close(http2.constants.NGHTTP2_CANCEL);
      expect(await first.closed).toMatchObject({ statusCode: 1_006, wasClean: false });
      ended.stream.end();
      await until(() => ended.isClosed);
      neighbour.send(maskedFrame(1, "hi"));
      await neighbour.receives("\x81\x02hi");
      client.destroy();
      await until(() => server.clients.size === 0);
      expect(closes).toEqual([
        [1_006, ""],
        [1_006, ""],
        [1_006, ""],
      ]);
    });

    test("terminate resets the stream with CANCEL", async () => {
      const { port, server } = await echoing();
      const client = await session(port);
      const peer = new StreamPeer(client, "/");
      await peer.status();
      const [socket] = server.clients;
      socket.terminate();
      await until(() => peer.isClosed);
      expect(peer.stream.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
    });

    test("frames that come before the response are not lost", async () => {
      let decide: (() => void) | undefined;
      const { port } = await echoing<undefined>({
        accept: () =>
          new Promise((resolve) => {
            decide = () => resolve(undefined);
          }),
      });
      const client = await session(port);
      const peer = new StreamPeer(client, "/");
      peer.send(maskedFrame(1, "early"));
      await until(() => decide !== undefined);
      await new Promise((resolve) => setTimeout(resolve, 30));
      decide?.();
      await peer.receives("\x81\x05early");
    });

    test("a client that resets its stream while accept decides", async () => {
      const faults: string[] = [];
      const { port, server } = await echoing({
        accept: () => new Promise(() => {}),
        refused: (_request, fault: HandshakeError) => void faults.push(fault.code),
      });
      const client = await session(port);
      const peer = new StreamPeer(client, "/");
      await until(() => server.stats().pendingHandshakes === 1);
      peer.stream.close(http2.constants.NGHTTP2_CANCEL);
      await until(() => faults.length === 1);
      expect([faults, server.stats().pendingHandshakes]).toEqual([
        ["WS_ERR_HANDSHAKE_INCOMPLETE"],
        0,
      ]);
    });

    test.each([
      ["at once", (answer: () => void) => answer()],
      ["later", (answer: () => void) => void setTimeout(answer, 1)],
    ])(
      "a WebSocket that is not read does not hold up its neighbours, which answer %s",
      async (_, act) => {
        let first: Socket | undefined;
        const { port } = await echoing({
          maxBufferedAmount: 2 ** 30,
          open(socket) {
            first ??= socket;
          },
          message: (socket, data) => {
            if (socket === first) return new Promise(() => {}); // never reads on
            act(() => void socket.send(data));
            return undefined;
          },
        });
        const client = await session(port);
        const slow = new StreamPeer(client, "/");
        await slow.status();
        slow.stream.pause();
        for (let index = 0; index < 10; index++) first?.send(new Uint8Array(100_000));
        slow.send([0x82, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0]);
        for (let index = 0; index < 10; index++) slow.stream.write(Buffer.alloc(100_000));
        slow.send(maskedFrame(1, "second"));
        const neighbour = new StreamPeer(client, "/");
        expect(await neighbour.status()).toBe(200);
        for (let index = 0; index < 20; index++) {
          neighbour.send(maskedFrame(1, `message ${index}`));
          await until(() => neighbour.received.toString().endsWith(`message ${index}`));
        }
        expect(first?.bufferedAmount).toBeGreaterThan(500_000);
      },
    );

    // A larger window stops the streams of Bun's servers.
    const raises = name !== "Bun";
    test("the window of the connection is raised once, those of the streams are not", async () => {
      const { port, httpServer } = await echoing();
      const sessions: http2.ServerHttp2Session[] = [];
      httpServer.on("session", (one) => void sessions.push(one));
      const tcp = net.connect(port, "127.0.0.1");
      cleanups.push(() => tcp.destroy());
      let received = Buffer.alloc(0);
      tcp.on("data", (bytes) => {
        received = Buffer.concat([received, bytes]);
      });
      const answers = () => framesOf(received, 1);
      tcp.write(rawOpening());
      await until(() => answers().length === 1);
      tcp.write(connectFrame(3));
      await until(() => answers().length === 2);
      const updates = framesOf(received, 8);
      const raised = http2Frame(8, 0, 0, Buffer.from([0, 0x0f, 0, 1]));
      expect(updates).toEqual(raises ? [raised] : []);
      expect(sessions[0].state.effectiveLocalWindowSize).toBe(raises ? 1_048_576 : 65_535);
      // A larger window is the user's choice.
      sessions[0].setLocalWindowSize(2_097_152);
      tcp.write(connectFrame(5));
      await until(() => answers().length === 3);
      expect(sessions[0].state.effectiveLocalWindowSize).toBe(2_097_152);
    });

    test("large messages in both directions", async () => {
      const { port } = await echoing();
      const client = await session(port);
      const peer = new StreamPeer(client, "/");
      await peer.status();
      const payload = Buffer.alloc(1_000_000, "abcdefg");
      peer.send([0x82, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0]);
      peer.stream.write(payload);
      await until(() => peer.received.length === 1_000_010);
      expect(peer.received.subarray(10).equals(payload)).toBe(true);
    });

    test("pages, plain CONNECT and other protocols beside WebSockets", async () => {
      const { httpServer, port } = await echoing({ path: "/ws" });
      httpServer.on("request", (_request, response) => response.end("page"));
      const client = await session(port);
      const page = client.request({ ":path": "/" });
      expect(String((await once(page, "data"))[0])).toBe("page");
      const plain = client.request({ ":method": "CONNECT", ":authority": "a.example:443" });
      plain.on("error", () => {});
      expect((await once(plain, "response"))[0][":status"]).toBe(405);
      const peer = new StreamPeer(client, "/ws");
      expect(await peer.status()).toBe(200);
      expect(await new StreamPeer(client, "/other").status()).toBe(404);
      httpServer.on("stream", (stream, headers) => {
        if (headers[":path"] === "/other") stream.respond({ ":status": 418 }, { endStream: true });
      });
      expect(await new StreamPeer(client, "/other").status()).toBe(418);
      peer.send(maskedFrame(1, "hi"));
      await peer.receives("\x81\x02hi");
    });

    test("HTTP/1.1 and HTTP/2 over TLS on one port", async () => {
      const { ca, cert, key } = certificates;
      const httpServer = http2.createSecureServer({ cert, key, allowHTTP1: true });
      const urls: string[] = [];
      const server = attach(httpServer, {
        accept: ({ url }) => void urls.push(url.protocol),
        message: (socket, data) => void socket.send(data),
      });
      cleanups.push(() => server.close({ timeout: 100 }));
      const port = await listening(httpServer);
      const socket = await connect(`wss://127.0.0.1:${port}/`, { tls: { ca } });
      socket.send("one");
      for await (const message of socket) {
        expect(message).toBe("one");
        break;
      }
      const client = http2.connect(`https://127.0.0.1:${port}`, { ca });
      cleanups.push(() => client.destroy());
      await once(client, "remoteSettings");
      const peer = new StreamPeer(client, "/", { ":scheme": "https" });
      expect(await peer.status()).toBe(200);
      peer.send(maskedFrame(1, "two"));
      await peer.receives("\x81\x03two");
      expect([urls, server.stats().openConnections]).toEqual([["https:", "https:"], 2]);
      socket.terminate();
    });

    test("server.close sends 1001 on each stream, and the connection can end", async () => {
      const { server, httpServer, port } = await echoing();
      const client = await session(port);
      const peers = ["/", "/"].map((path) => new StreamPeer(client, path));
      for (const peer of peers) await peer.status();
      const closing = server.close();
      for (const peer of peers) {
        await peer.receives("\x88\x02\x03\xe9");
        peer.send(maskedFrame(8, [0x03, 0xe9]));
        peer.stream.end();
      }
      expect(await closing).toEqual({ closed: 2, terminated: 0 });
      client.close();
      await new Promise((resolve) => httpServer.close(resolve));
    });
  });

  describe(`connect over HTTP/2 on ${name}`, () => {
    test("sockets share one TCP connection, which ends with the last of them", async () => {
      const { port, server, connections, httpServer } = await echoing({ subprotocols: ["chat"] });
      const paths: string[] = [];
      httpServer.on("stream", (_stream, headers) => void paths.push(String(headers[":path"])));
      let ended = 0;
      httpServer.on("session", (session) => session.on("close", () => ended++));
      const options = { http2: true, subprotocols: ["chat"], headers: { "X-Test": "1" } };
      const sockets = await Promise.all(
        ["/a", "/b", "/c?d"].map((path) => connect(`ws://127.0.0.1:${port}${path}`, options)),
      );
      expect(connections()).toBe(1);
      expect(paths.sort()).toEqual(["/a", "/b", "/c?d"]);
      for (const [index, socket] of sockets.entries()) {
        expect([socket.subprotocol, socket.remoteAddress]).toEqual(["chat", "127.0.0.1"]);
        const large = "x".repeat(300_000) + index;
        socket.send(large);
        for await (const message of socket) {
          expect(message).toBe(large);
          break;
        }
      }
      sockets[0].close(4_000, "bye");
      expect(await sockets[0].closed).toMatchObject({ statusCode: 4_000, wasClean: true });
      await until(() => server.stats().openConnections === 2);
      expect(ended).toBe(0);
      sockets[1].terminate();
      sockets[2].close();
      await sockets[2].closed;
      await until(() => ended === 1);
      const another = await connect(`ws://127.0.0.1:${port}/`, { http2: true });
      expect(connections()).toBe(2);
      another.terminate();
    });

    test("compression is negotiated", async () => {
      const { port } = await echoing({ compression: true });
      const url = `ws://127.0.0.1:${port}/`;
      const socket = await connect(url, { http2: true, compression: true });
      expect(socket.extensions).toContain("permessage-deflate");
      socket.send("compress me ".repeat(1_000));
      for await (const message of socket) {
        expect(message).toBe("compress me ".repeat(1_000));
        break;
      }
      socket.terminate();
    });

    test("over TLS, and HTTP/1.1 if the server does not take HTTP/2", async () => {
      const { ca, cert, key } = certificates;
      const versions: string[] = [];
      for (const [settings, isAttached] of [
        [{ allowHTTP1: true }, true],
        [{ allowHTTP1: true }, false],
      ] as const) {
        const httpServer = http2.createSecureServer({ cert, key, ...settings });
        httpServer.on("session", () => void versions.push("2"));
        const options: AnyAttachOptions = { message: (socket, data) => void socket.send(data) };
        const upgrades = createUpgrades(options);
        if (isAttached) {
          const server = attach(httpServer, options);
          cleanups.push(() => server.close({ timeout: 100 }));
        }
        cleanups.push(() => upgrades.close({ timeout: 100 }));
        if (!isAttached) {
          httpServer.on("upgrade", (request, socket, head) => {
            versions.push("1.1");
            void upgrades.handleUpgrade(request, socket, head);
          });
        }
        const port = await listening(httpServer);
        const socket = await connect(`wss://127.0.0.1:${port}/`, { http2: true, tls: { ca } });
        socket.send("hi");
        for await (const message of socket) {
          expect(message).toBe("hi");
          break;
        }
        socket.terminate();
      }
      expect(versions).toEqual(["2", "2", "1.1"]);
    });

    test("HTTP/1.1 if the server does not understand HTTP/2 at all", async () => {
      const httpServer = http.createServer();
      const server = attach(httpServer, { open: (socket) => void socket.send("hi") });
      cleanups.push(() => server.close({ timeout: 100 }));
      httpServer.listen(0, "127.0.0.1");
      await once(httpServer, "listening");
      cleanups.push(() => httpServer.close());
      const { port } = httpServer.address() as net.AddressInfo;
      const socket = await connect(`ws://127.0.0.1:${port}/`, { http2: true });
      for await (const message of socket) {
        expect(message).toBe("hi");
        break;
      }
      socket.terminate();
    });

    test("a session of the caller is used and stays open", async () => {
      const { port, connections } = await echoing();
      const client = http2.connect(`http://127.0.0.1:${port}`);
      cleanups.push(() => client.destroy());
      const socket = await connect(`ws://127.0.0.1:${port}/`, { http2: client });
      socket.close();
      await socket.closed;
      const another = await connect(`ws://127.0.0.1:${port}/`, { http2: client });
      expect([connections(), client.closed]).toEqual([1, false]);
      another.terminate();
      client.destroy();
      await expect(connect(`ws://127.0.0.1:${port}/`, { http2: client })).rejects.toMatchObject({
        code: "WS_ERR_CONNECT_FAILED",
      });
      const plain = http2.createServer();
      const other = http2.connect(`http://127.0.0.1:${await listening(plain)}`);
      cleanups.push(() => other.destroy());
      await expect(connect("ws://a.example/", { http2: other })).rejects.toMatchObject({
        code: "WS_ERR_CONNECT_FAILED",
      });
    });

    test("more sockets at once than the server takes streams on one connection", async () => {
      const httpServer = http2.createServer({ settings: { maxConcurrentStreams: 10 } });
      let sessions = 0;
      httpServer.on("session", () => sessions++);
      const server = attach(httpServer, {});
      cleanups.push(() => server.close({ timeout: 100 }));
      const url = `ws://127.0.0.1:${await listening(httpServer)}/`;
      const sockets = await Promise.all(
        Array.from({ length: 30 }, () => connect(url, { http2: true })),
      );
      expect([server.stats().openConnections, sessions]).toEqual([30, 3]);
      for (const socket of sockets) socket.terminate();
    });

    test("many sockets at once on a session of the caller that is not connected yet", async () => {
      const { port, server } = await echoing();
      const client = http2.connect(`http://127.0.0.1:${port}`);
      cleanups.push(() => client.destroy());
      const listeners = client.listenerCount("close");
      const url = `ws://127.0.0.1:${port}/`;
      // A session has at most ten unanswered Pings.
      const sockets = await Promise.all(
        Array.from({ length: 50 }, () => connect(url, { http2: client })),
      );
      expect(server.stats().openConnections).toBe(50);
      expect(client.listenerCount("close")).toBeLessThan(listeners + 5);
      for (const socket of sockets) socket.terminate();
    });

    test("refusals have a status, headers and a body; faults a code", async () => {
      const { port } = await echoing({
        handshakeTimeout: 10_000,
        accept: ({ path }) => {
          if (path === "/wait") return new Promise(() => {});
          return path === "/no" ? refuse(401, "sign in", { "X-Why": "x" }) : undefined;
        },
      });
      const url = `ws://127.0.0.1:${port}`;
      const error: HandshakeError = await connect(`${url}/no`, { http2: true }).then(
        () => Promise.reject(new Error("it was accepted")),
        (error) => error,
      );
      expect(error).toMatchObject({ code: "WS_ERR_UNEXPECTED_RESPONSE", status: 401 });
      expect(error.headers?.get("x-why")).toBe("x");
      expect(new TextDecoder().decode(error.body)).toBe("sign in\n");
      await expect(
        connect(`${url}/wait`, { http2: true, handshakeTimeout: 100 }),
      ).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
      await expect(connect("ws://127.0.0.1:1/", { http2: true })).rejects.toMatchObject({
        code: "WS_ERR_CONNECT_FAILED",
      });
    });

    test("the end of the TCP connection ends each socket with 1006", async () => {
      const { port, httpServer } = await echoing();
      const sessions: http2.Http2Session[] = [];
      httpServer.on("session", (session) => void sessions.push(session));
      const url = `ws://127.0.0.1:${port}/`;
      const sockets = await Promise.all([1, 2].map(() => connect(url, { http2: true })));
      sessions[0].destroy();
      for (const socket of sockets) {
        expect(await socket.closed).toMatchObject({ statusCode: 1_006, wasClean: false });
      }
    });

    test.each([
      [{ http2: 5 }, "option http2 must be a boolean or a session, got 5"],
      [{ http2: {} }, "option http2 must be a boolean or a session, got [object Object]"],
    ])("%j is invalid", async (options, message) => {
      await expect(connect("ws://127.0.0.1:1/", options as never)).rejects.toMatchObject({
        message: `${message} (WS_ERR_INVALID_OPTION)`,
        code: "WS_ERR_INVALID_OPTION",
      });
    });

    test("a Unix socket has no HTTP/2", async () => {
      await expect(connect("ws+unix:/tmp/x:/", { http2: true })).rejects.toMatchObject({
        message: "option http2 cannot be used with Unix sockets (WS_ERR_INVALID_OPTION)",
        code: "WS_ERR_INVALID_OPTION",
      });
    });
  });
}
