import { type AddressInfo, createServer, type Socket as TcpSocket } from "node:net";
import process from "node:process";
import { inspect } from "node:util";
import type { ConnectOptions, HandshakeError, ServeOptions, Server } from "@framewright/websocket";
import type { WebSocketConstructor } from "@framewright/websocket/transport";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { acceptsIpv6Certificates, type Certificates, makeCertificates } from "./certificates.ts";
import { TestProxy } from "./test-proxy.ts";
import type { TransportPackage } from "./transport-contract.ts";

/** The functions of a transport package that proxies concern. */
export interface ProxySubject extends Pick<TransportPackage, "serve" | "connect"> {
  readonly WebSocket: WebSocketConstructor;
}

const kinds = ["http", "https", "socks5"] as const;
type Kind = (typeof kinds)[number];
const credentials = "user:s3cret@:/";
const userInformation = "user:s3cret%40%3A%2F@";

/** Tests connections through proxies, over real sockets on loopback. */
export function describeProxies(
  runtime: string,
  { serve, connect, WebSocket }: ProxySubject,
): void {
  let certificates: Certificates;
  let servers: { ws: Server; wss: Server };
  let proxies: Record<Kind, TestProxy>;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    certificates = await makeCertificates();
    const echo: ServeOptions = { message: (socket, data) => void socket.send(data) };
    const { cert, key } = certificates;
    servers = { ws: await serve(echo), wss: await serve({ ...echo, tls: { cert, key } }) };
    proxies = {
      http: await TestProxy.start({ credentials }),
      https: await TestProxy.start({ credentials, tls: { cert, key } }),
      socks5: await TestProxy.start({ credentials }),
    };
  });
  afterAll(async () => {
    for (const proxy of Object.values(proxies)) proxy.stop();
    await Promise.all(Object.values(servers).map((server) => server.close({ timeout: 1_000 })));
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
    for (const proxy of Object.values(proxies)) proxy.requests.length = 0;
  });

  const urlOf = (scheme: "ws" | "wss", host = "localhost") =>
    `${scheme}://${host}:${servers[scheme].port}/`;
  const proxyUrl = (kind: Kind, user = userInformation) =>
    `${kind}://${user}127.0.0.1:${proxies[kind].port}`;
  const options = (kind: Kind, user?: string) => {
    const tls = { ca: certificates.ca };
    return { tls, proxy: { url: proxyUrl(kind, user), tls } };
  };

  /** Starts a TCP server that answers each chunk with a text. Returns its port. */
  async function startTcp(answer: (bytes: Uint8Array, socket: TcpSocket) => void) {
    const sockets = new Set<TcpSocket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
      socket.on("data", (bytes) => answer(bytes, socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { port: (server.address() as AddressInfo).port, sockets };
  }

  const failure = (url: string, given: ConnectOptions): Promise<HandshakeError> =>
    connect(url, given).then(
      () => expect.fail("connected"),
      (error) => error,
    );

  describe.each(["ws", "wss"] as const)(`${runtime}: %s`, (scheme) => {
    test.each(kinds)(
      "through a proxy of kind %s: messages and the closing handshake",
      async (kind) => {
        const socket = await connect(urlOf(scheme), options(kind));
        const sent = ["", "héllo", "x".repeat(500_000)];
        for (const message of sent) socket.send(message);
        const got: unknown[] = [];
        for await (const message of socket) {
          got.push(message);
          if (got.length === sent.length) socket.close(4001, "done");
        }
        expect(got).toEqual(sent);
        const end = { statusCode: 4001, reason: "done", wasClean: true };
        expect(await socket.closed).toMatchObject(end);
        const { port } = servers[scheme];
        expect(proxies[kind].requests).toMatchObject([{ host: "localhost", port }]);
        while (proxies[kind].open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      },
    );

    test.each(kinds)("a %s proxy refuses wrong credentials, which no error shows", async (kind) => {
      const error = await failure(urlOf(scheme), options(kind, "user:s3cret:no@"));
      expect(error).toMatchObject({ code: "WS_ERR_PROXY_AUTHENTICATION", step: "proxy" });
      expect(error.status).toBe(kind === "socks5" ? 0 : 407);
      if (kind !== "socks5") expect(error.bodyText).toBe("nope");
      expect(inspect(error, { depth: 9 })).not.toContain("s3cret");
    });

    const skipsIpv6 = scheme === "wss" && !acceptsIpv6Certificates;
    test.skipIf(skipsIpv6)("IPv6 addresses reach the proxy as they are", async () => {
      for (const kind of ["http", "socks5"] as const) {
        const socket = await connect(urlOf(scheme, "[::1]"), options(kind));
        socket.close(1000);
        await socket.closed;
        const host = kind === "http" ? "::1" : `${"0,".repeat(15)}1`;
        expect(proxies[kind].requests[0].host).toBe(host);
      }
    });

    test("a server that cannot be reached is a refusal of the proxy", async () => {
      for (const kind of ["http", "socks5"] as const) {
        const error = await failure(`${scheme}://127.0.0.1:1/`, options(kind));
        const status = kind === "http" ? 502 : 0;
        expect(error).toMatchObject({ code: "WS_ERR_PROXY_REFUSED", status, step: "proxy" });
      }
    });
  });

  describe(`${runtime}: the certificate`, () => {
    test("of the server must be valid and have the server's name", async () => {
      const { proxy, tls } = options("http");
      const untrusted = await failure(urlOf("wss"), { proxy });
      expect(untrusted).toMatchObject({ code: "WS_ERR_CONNECT_FAILED", step: "tls" });
      const wrong = await failure(urlOf("wss", "other.example"), { proxy, tls });
      expect(wrong).toMatchObject({ code: "WS_ERR_CONNECT_FAILED", step: "tls" });
      const address = await failure(urlOf("wss", "127.0.0.2"), { proxy, tls });
      expect(address).toMatchObject({ code: "WS_ERR_CONNECT_FAILED", step: "tls" });
      const serverName = { ...tls, serverName: "localhost" };
      const socket = await connect(urlOf("wss", "other.example"), { proxy, tls: serverName });
      socket.terminate();
      expect(proxies.http.requests[1].host).toBe("other.example");
    });

    test("of an https: proxy must be valid", async () => {
      const { tls } = options("https");
      const error = await failure(urlOf("ws"), { tls, proxy: proxyUrl("https") });
      expect(error).toMatchObject({ code: "WS_ERR_PROXY_CONNECT_FAILED", step: "proxy" });
      expect(inspect(error, { depth: 9 })).not.toContain("s3cret");
      expect(proxies.https.requests).toEqual([]);
    });
  });

  describe(`${runtime}: the tunnel`, () => {
    test.each(["ws", "wss"] as const)("%s: loses no bytes after the answer", async (scheme) => {
      const greeting = new TextEncoder().encode("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
      const proxy = await TestProxy.start({ greeting });
      cleanups.push(() => proxy.stop());
      const url = `http://127.0.0.1:${proxy.port}`;
      const { tls } = options("http");
      const error = await failure(urlOf(scheme), { proxy: url, tls });
      const expected =
        scheme === "ws"
          ? { code: "WS_ERR_UNEXPECTED_RESPONSE", status: 503, step: "response" }
          : { code: "WS_ERR_CONNECT_FAILED", status: 0, step: "tls" };
      expect(error).toMatchObject(expected);
    });

    test("ends with the TLS handshake within it", async () => {
      const silent = await startTcp(() => {});
      const proxy = await TestProxy.start();
      cleanups.push(() => proxy.stop());
      const error = await failure(`wss://127.0.0.1:${silent.port}/`, {
        proxy: `http://127.0.0.1:${proxy.port}`,
        handshakeTimeout: { tls: 50 },
      });
      expect(error).toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT", step: "tls" });
      while (proxy.open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    });

    test("ends with the signal, and the connection to the proxy with it", async () => {
      const abort = new AbortController();
      const proxy = await startTcp(() => abort.abort(new Error("enough")));
      const url = `socks5://127.0.0.1:${proxy.port}`;
      const given = { proxy: url, signal: abort.signal };
      await expect(connect(urlOf("ws"), given)).rejects.toThrow("enough");
      while (proxy.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    });

    test("of an endless answer ends, and the connection with it", async () => {
      const chunk = new Uint8Array(65_536).fill(0x61);
      const proxy = await startTcp((_bytes, socket) => {
        const flood = () => {
          while (!socket.destroyed && socket.write(chunk));
        };
        socket.on("drain", flood);
        flood();
      });
      for (const kind of ["http", "socks5"]) {
        const error = await failure(urlOf("ws"), { proxy: `${kind}://127.0.0.1:${proxy.port}` });
        expect(error.code).toBe("WS_ERR_PROXY_INVALID_RESPONSE");
      }
      while (proxy.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    });

    test("is made anew for a redirect of the server", async () => {
      const redirect = `HTTP/1.1 302 Found\r\nLocation: ${urlOf("ws")}\r\nContent-Length: 0\r\n\r\n`;
      const moved = await startTcp((_bytes, socket) => socket.end(redirect));
      const given = { ...options("socks5"), redirects: 1 };
      const socket = await connect(`ws://moved.example:${moved.port}/`, given);
      socket.terminate();
      const hosts = proxies.socks5.requests.map(({ host }) => host);
      expect(hosts).toEqual(["moved.example", "localhost"]);
    });
  });

  describe(`${runtime}: the environment`, () => {
    afterEach(() => {
      delete process.env.all_proxy;
      delete process.env.no_proxy;
    });

    test("has the proxy if the option says so, also for the class WebSocket", async () => {
      process.env.all_proxy = proxyUrl("socks5");
      const opened = (given: object) =>
        new Promise<void>((resolve, reject) => {
          const socket = new WebSocket(urlOf("ws"), given);
          socket.onopen = () => {
            socket.close();
            resolve();
          };
          socket.onerror = (event) => reject(event);
        });
      await opened({ proxy: "env" });
      expect(proxies.socks5.requests.length).toBe(1);
      process.env.no_proxy = "localhost";
      await opened({ proxy: "env" });
      delete process.env.no_proxy;
      await opened({});
      expect(proxies.socks5.requests.length).toBe(1);
    });
  });
}
