import { once } from "node:events";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import type { HandshakeError, Socket } from "@framewright/websocket";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Certificates, makeCertificates } from "./certificates.ts";
import type { ConnectSubject } from "./connect-contract.ts";
import {
  acceptance,
  headerOf,
  often,
  type ScriptedServer,
  scriptedServer,
} from "./scripted-servers.ts";

/** Tests the option `redirects` of `connect` over real sockets. */
export function describeRedirects(runtime: string, { connect, WebSocket }: ConnectSubject): void {
  const cleanups: (() => unknown)[] = [];
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  /** A server that redirects from the paths that are keys, and accepts all others. */
  async function start(
    locations: Readonly<Record<string, string>> = {},
    { status = 302, secure = false } = {},
  ): Promise<ScriptedServer> {
    const { cert, key } = certificates;
    const server = await scriptedServer(
      (request) => {
        const location = locations[request.split(" ")[1]];
        if (location === undefined) return acceptance(request);
        return `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 9\r\n\r\nsee there`;
      },
      secure ? { tls: { cert, key } } : {},
    );
    cleanups.push(() => server.close());
    return server;
  }

  const open = async (socket: Promise<Socket>) => (await socket).terminate();
  const failureOf = (socket: Promise<Socket>): Promise<HandshakeError> =>
    socket.then(
      () => Promise.reject(new Error("it connected")),
      (error) => error,
    );
  const targets = ({ requests }: ScriptedServer) => requests.map((text) => text.split(" ")[1]);

  describe(`redirects on ${runtime}`, () => {
    test("the body of a redirect that is followed is not waited for", async () => {
      const server = await scriptedServer((request) =>
        request.startsWith("GET /a ")
          ? "HTTP/1.1 302 Found\r\nLocation: b\r\n\r\n"
          : acceptance(request),
      );
      cleanups.push(() => server.close());
      const url = `ws://127.0.0.1:${server.port}/a`;
      // It has no length and no end.
      await open(connect(url, { redirects: 1, handshakeTimeout: { response: 5_000 } }));
      expect(targets(server)).toEqual(["/a", "/b"]);
    });

    test.each([301, 302, 303, 307, 308])("%i leads to the Location", async (status) => {
      const server = await start({ "/a/b?c": "../d?e" }, { status });
      const url = `ws://me:secret@127.0.0.1:${server.port}/a/b?c`;
      await open(connect(url, { redirects: 1, headers: { "x-token": "t" }, subprotocols: [] }));
      expect(targets(server)).toEqual(["/a/b?c", "/d?e"]);
      for (const request of server.requests) {
        expect(headerOf(request, "x-token")).toBe("t");
        expect(headerOf(request, "authorization")).toBe("Basic bWU6c2VjcmV0");
      }
      const [first, second] = server.requests.map((text) => headerOf(text, "sec-websocket-key"));
      expect(first).not.toBe(second);
      await expect.poll(server.open, often).toBe(0);
    });

    test("are not followed by default, and 300 and 304 never", async () => {
      const server = await start({ "/": "/b" });
      const url = `ws://127.0.0.1:${server.port}/`;
      expect(await failureOf(connect(url))).toMatchObject({
        code: "WS_ERR_UNEXPECTED_RESPONSE",
        status: 302,
        bodyText: "see there",
      });
      for (const status of [300, 304]) {
        const other = await start({ "/": "/b" }, { status });
        const failed = failureOf(connect(`ws://127.0.0.1:${other.port}/`, { redirects: 3 }));
        expect((await failed).status).toBe(status);
      }
    });

    test("another origin gets nothing that was meant for the first", async () => {
      const there = await start();
      const here = await start({
        "/1": `http://other:pass@127.0.0.1:${there.port}/2#top`,
        "/3": `ws://127.0.0.1:${there.port}/4`,
      });
      const url = (path: string) => `ws://me:secret@127.0.0.1:${here.port}${path}`;
      const headers = { "x-token": "t", cookie: "a=1" };
      await open(connect(url("/1"), { redirects: 1, headers }));
      await open(
        connect(url("/3"), {
          headers,
          redirects: { max: 1, headers: (to) => ({ "x-to": to }) },
          subprotocols: [],
        }),
      );
      expect(targets(there)).toEqual(["/2", "/4"]);
      expect(headerOf(there.requests[0], "host")).toBe(`127.0.0.1:${there.port}`);
      for (const name of ["x-token", "cookie", "authorization"]) {
        expect(there.requests.map((request) => headerOf(request, name))).toEqual([
          undefined,
          undefined,
        ]);
      }
      const given = there.requests.map((request) => headerOf(request, "x-to"));
      expect(given).toEqual([undefined, `ws://127.0.0.1:${there.port}/4`]);
    });

    test("back to the first origin, its headers do not come back", async () => {
      const locations = { "/1": "", "/3": "/4" };
      const here = await start(locations);
      const there = await start({ "/2": `ws://127.0.0.1:${here.port}/3` });
      locations["/1"] = `ws://127.0.0.1:${there.port}/2`;
      const url = `ws://me:secret@127.0.0.1:${here.port}/1`;
      await open(connect(url, { redirects: 3, headers: { "x-token": "t" } }));
      expect(targets(here)).toEqual(["/1", "/3", "/4"]);
      for (const request of here.requests.slice(1)) {
        expect(headerOf(request, "x-token")).toBeUndefined();
        expect(headerOf(request, "authorization")).toBeUndefined();
      }
    });

    test("from ws to wss, and never back", async () => {
      const plain = await start();
      const secure = await start({ "/down": `ws://127.0.0.1:${plain.port}/` }, { secure: true });
      const entry = await start({
        "/up": `https://127.0.0.1:${secure.port}/`,
        "/down": `wss://127.0.0.1:${secure.port}/down`,
      });
      const options = { redirects: 5, tls: { ca: certificates.ca, serverName: "b.example" } };
      const url = `ws://127.0.0.1:${entry.port}`;
      await open(connect(`${url}/up`, options));
      const error = await failureOf(connect(`${url}/down`, options));
      expect(error).toMatchObject({
        code: "WS_ERR_INVALID_REDIRECT",
        message:
          "the server's redirect cannot be followed: it leads from wss to ws (WS_ERR_INVALID_REDIRECT)",
        status: 302,
        step: "response",
        url: `wss://127.0.0.1:${secure.port}/down`,
      });
      expect(error.headers?.get("location")).toBe(`ws://127.0.0.1:${plain.port}/`);
      expect(targets(plain)).toEqual([]);
    });

    test("more than the maximum, and a loop", async () => {
      const server = await start({ "/1": "/2", "/2": "/3", "/3": "/4", "/a": "/b", "/b": "/a" });
      const url = `ws://127.0.0.1:${server.port}`;
      expect(await failureOf(connect(`${url}/1`, { redirects: 2 }))).toMatchObject({
        code: "WS_ERR_TOO_MANY_REDIRECTS",
        message: "the server redirected more than 2 times (WS_ERR_TOO_MANY_REDIRECTS)",
        status: 302,
        url: `${url}/3`,
        bodyText: "see there",
      });
      expect(await failureOf(connect(`${url}/a`, { redirects: 100 }))).toMatchObject({
        code: "WS_ERR_TOO_MANY_REDIRECTS",
        message: `the server redirects in a loop, to ${url}/a again (WS_ERR_TOO_MANY_REDIRECTS)`,
        url: `${url}/b`,
      });
      expect(targets(server)).toEqual(["/1", "/2", "/3", "/a", "/b"]);
      await open(connect(`${url}/1`, { redirects: 3 }));
    });

    test.each([
      ["http://[", "its Location header is not a URL"],
      ["ftp://127.0.0.1/", "it does not lead to ws, wss, http or https"],
      ["ws+unix:/run/app.sock", "it does not lead to ws, wss, http or https"],
      ["javascript:1", "it does not lead to ws, wss, http or https"],
      ["ws://127.0.0.1:0/", 'invalid URL "ws://127.0.0.1:0/": the port must be 1 to 65535'],
    ])("a Location that cannot be followed: %s", async (location, reason) => {
      const server = await start({ "/": location });
      const failed = failureOf(connect(`ws://127.0.0.1:${server.port}/`, { redirects: 9 }));
      expect(await failed).toMatchObject({
        code: "WS_ERR_INVALID_REDIRECT",
        message: `the server's redirect cannot be followed: ${reason} (WS_ERR_INVALID_REDIRECT)`,
      });
    });

    test("no Location, and two", async () => {
      const answers = ["", "Location: /a\r\nLocation: /b\r\n"];
      const server = await scriptedServer(() => `HTTP/1.1 302 Found\r\n${answers.shift()}\r\n`);
      cleanups.push(() => server.close());
      const url = `ws://127.0.0.1:${server.port}/`;
      expect(await failureOf(connect(url, { redirects: 9 }))).toMatchObject({
        code: "WS_ERR_INVALID_REDIRECT",
        message:
          "the server's redirect cannot be followed: it has no Location header (WS_ERR_INVALID_REDIRECT)",
      });
      expect((await failureOf(connect(url, { redirects: 9 }))).code).toBe("WS_ERR_INVALID_HTTP");
    });

    test("all redirects share the handshake timeout, and the signal stops them", async () => {
      const server = await scriptedServer(async (request) => {
        const [, number] = / \/(\d+) /.exec(request) ?? [];
        await new Promise((resolve) => setTimeout(resolve, 20));
        return `HTTP/1.1 307 Next\r\nLocation: /${Number(number) + 1}\r\n\r\n`;
      });
      cleanups.push(() => server.close());
      const url = `ws://127.0.0.1:${server.port}/1`;
      const controller = new AbortController();
      const { signal } = controller;
      const attempt = failureOf(connect(url, { redirects: 100, signal }));
      await expect.poll(() => server.requests.length, often).toBeGreaterThan(2);
      controller.abort();
      expect(await attempt).toBe(signal.reason);
      const late = failureOf(connect(url, { redirects: 100, handshakeTimeout: 100 }));
      expect((await late).code).toBe("WS_ERR_HANDSHAKE_TIMEOUT");
    });

    test("over HTTP/2, on a shared session and not beyond one of the caller", async () => {
      const other = await start();
      const server = http2.createServer({ settings: { enableConnectProtocol: true } });
      const paths: unknown[] = [];
      server.on("stream", (stream, headers) => {
        paths.push(headers[":path"]);
        stream.on("error", () => {});
        if (headers[":path"] === "/a") stream.respond({ ":status": 302, location: "/b" });
        else if (headers[":path"] === "/c")
          stream.respond({ ":status": 302, location: `ws://127.0.0.1:${other.port}/` });
        else stream.respond({ ":status": 200 });
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      cleanups.push(() => server.close());
      const { port } = server.address() as AddressInfo;
      await open(connect(`ws://127.0.0.1:${port}/a`, { http2: true, redirects: 1 }));
      const session = http2.connect(`http://127.0.0.1:${port}`);
      cleanups.push(() => session.destroy());
      await open(connect(`ws://127.0.0.1:${port}/a`, { http2: session, redirects: 1 }));
      expect(paths).toEqual(["/a", "/b", "/a", "/b"]);
      const failed = connect(`ws://127.0.0.1:${port}/c`, { http2: session, redirects: 1 });
      expect(await failureOf(failed)).toMatchObject({
        code: "WS_ERR_INVALID_REDIRECT",
        message:
          "the server's redirect cannot be followed: the session of option http2 is for another origin (WS_ERR_INVALID_REDIRECT)",
      });
      // The other server has no HTTP/2, so that HTTP/1.1 is used there.
      await open(connect(`ws://127.0.0.1:${port}/c`, { http2: true, redirects: 1 }));
      expect(targets(other).at(-1)).toBe("/");
    });

    test("the standard class follows them if it is told to, as its standard forbids", async () => {
      const server = await start({ "/": "/b" });
      const url = `ws://127.0.0.1:${server.port}/`;
      const outcome = (socket: InstanceType<typeof WebSocket>) =>
        new Promise<string>((resolve) => {
          socket.addEventListener("open", () => resolve("open"));
          socket.addEventListener("error", () => resolve("error"));
        });
      expect(await outcome(new WebSocket(url))).toBe("error");
      const socket = new WebSocket(url, { redirects: 1 });
      expect(await outcome(socket)).toBe("open");
      expect(socket.url).toBe(url);
      socket.close();
    });
  });
}
