import { once } from "node:events";
import * as http2 from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { HandshakeError, Socket } from "@framewright/websocket";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Authority, makeAuthority } from "./certificates.ts";
import type { ConnectSubject } from "./connect-contract.ts";
import { acceptance, headerOf, scriptedServer } from "./scripted-servers.ts";

/** Tests which address `connect` connects to and from, and whom it trusts there. */
export function describeAddresses(runtime: string, { connect }: ConnectSubject): void {
  const cleanups: (() => unknown)[] = [];
  let authority: Authority;
  let pair: { cert: string; key: string };
  beforeAll(async () => {
    authority = await makeAuthority();
    pair = await authority.issue({ commonName: "a", hostNames: ["a.example"] });
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(secure = false) {
    const server = await scriptedServer(acceptance, secure ? { tls: pair } : {});
    cleanups.push(() => server.close());
    return server;
  }

  const open = async (socket: Promise<Socket>) => (await socket).terminate();
  const failureOf = (socket: Promise<Socket>): Promise<HandshakeError> =>
    socket.then(
      () => Promise.reject(new Error("it connected")),
      (error) => error,
    );

  describe(`addresses of connect on ${runtime}`, () => {
    test.each([false, true])("lookup finds addresses, tried in order (TLS: %s)", async (secure) => {
      const server = await start(secure);
      const asked: string[] = [];
      const lookup = async (hostname: string) => {
        asked.push(hostname);
        // Nobody listens there.
        return ["127.0.0.2", "127.0.0.1"];
      };
      const url = `${secure ? "wss" : "ws"}://a.example:${server.port}/`;
      await open(connect(url, { lookup, tls: { ca: authority.ca } }));
      expect(asked).toEqual(["a.example"]);
      expect(headerOf(server.requests[0], "host")).toBe(`a.example:${server.port}`);
    });

    test("the certificate must be the name's, and no other address is tried then", async () => {
      const server = await start(true);
      const lookup = async () => ["127.0.0.1", "127.0.0.1"];
      const url = `wss://b.example:${server.port}/`;
      const failed = await failureOf(connect(url, { lookup, tls: { ca: authority.ca } }));
      expect(failed).toMatchObject({ code: "WS_ERR_CONNECT_FAILED", step: "tls" });
      expect([server.remoteAddresses, server.requests]).toEqual([["127.0.0.1"], []]);
    });

    test("lookup is not called for an address", async () => {
      const server = await start();
      const lookup = () => Promise.reject(new Error("was called"));
      await open(connect(`ws://127.0.0.1:${server.port}/`, { lookup, family: 6 }));
    });

    test.each([
      [() => Promise.reject(new Error("no such name")), "no such name"],
      [async () => [], "the host name a.example has no IPv4 address"],
      [async () => "::1", "the host name a.example has no IPv4 address"],
      [async () => "b", 'the look-up of a.example must find IP addresses, got "b"'],
      [async () => ["127.0.0.1", 5], "the look-up of a.example must find IP addresses, got 5"],
      [async () => undefined, "the look-up of a.example must find IP addresses, got undefined"],
    ])("a look-up that fails: %#", async (lookup, reason) => {
      for (const http2 of [false, true]) {
        const options = { lookup: lookup as never, family: 4, http2 } as const;
        expect(await failureOf(connect("ws://a.example/", options))).toMatchObject({
          code: "WS_ERR_CONNECT_FAILED",
          message: `cannot connect to a.example port 80: ${reason} (WS_ERR_CONNECT_FAILED)`,
          step: "lookup",
          url: "ws://a.example/",
        });
      }
    });

    test("family selects addresses", async () => {
      const server = await start();
      const url = `ws://localhost:${server.port}/`;
      await open(connect(url, { family: 4 }));
      await open(connect(url, { family: 4, lookup: async () => ["::1", "127.0.0.1"] }));
      await open(connect(url, { family: 0, handshakeTimeout: { lookup: 10_000 } }));
      const failed = await failureOf(connect("ws://nosuch.invalid/", { family: 4 }));
      expect(failed).toMatchObject({ code: "WS_ERR_CONNECT_FAILED", step: "lookup" });
    });

    test.each([false, true])("localAddress is what the server sees (TLS: %s)", async (secure) => {
      const server = await start(secure);
      const url = `${secure ? "wss" : "ws"}://a.example:${server.port}/`;
      const lookup = async () => "127.0.0.1";
      const tls = { ca: authority.ca };
      const socket = await connect(url, { localAddress: "127.0.0.5", lookup, tls });
      expect(server.remoteAddresses).toEqual(["127.0.0.5"]);
      expect(socket.remoteAddress).toBe("127.0.0.1");
      socket.terminate();
      const foreign = failureOf(connect(url, { localAddress: "192.0.2.1", lookup, tls }));
      expect((await foreign).code).toBe("WS_ERR_CONNECT_FAILED");
    });

    test("over HTTP/2: lookup, localAddress and an invalid certificate", async () => {
      const settings = { enableConnectProtocol: true };
      const server = http2.createSecureServer({ ...pair, settings });
      const seen: unknown[] = [];
      server.on("stream", (stream, headers) => {
        seen.push([headers[":authority"], stream.session?.socket.remoteAddress]);
        stream.on("error", () => {});
        stream.respond({ ":status": 200 });
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      cleanups.push(() => server.close());
      const { port } = server.address() as AddressInfo;
      const options = { http2: true, localAddress: "127.0.0.5" };
      const lookup = async () => ["127.0.0.2", "127.0.0.1"];
      await open(
        connect(`wss://a.example:${port}/`, { ...options, lookup, tls: { ca: authority.ca } }),
      );
      await open(
        connect(`wss://b.example:${port}/`, {
          ...options,
          lookup,
          tls: { rejectUnauthorized: false },
        }),
      );
      expect(seen).toEqual([
        [`a.example:${port}`, "127.0.0.5"],
        [`b.example:${port}`, "127.0.0.5"],
      ]);
    });
  });

  describe(`TLS of connect on ${runtime}`, () => {
    test("an invalid certificate fails, unless rejectUnauthorized is false", async () => {
      const server = await start(true);
      const url = `wss://127.0.0.1:${server.port}/`;
      for (const tls of [{}, { ca: authority.ca }, { rejectUnauthorized: true }]) {
        expect(await failureOf(connect(url, { tls }))).toMatchObject({
          code: "WS_ERR_CONNECT_FAILED",
          step: "tls",
        });
      }
      await open(connect(url, { tls: { rejectUnauthorized: false } }));
      await open(connect(url, { tls: { rejectUnauthorized: false, ca: authority.ca } }));
      expect(server.requests.length).toBe(2);
    });

    test("rejectUnauthorized: false still needs a TLS handshake that succeeds", async () => {
      const options = { ...pair, ca: authority.ca, requestCert: true, maxVersion: "TLSv1.2" };
      const strict = await scriptedServer(acceptance, { tls: options as TlsOptions });
      const ending = createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", (bytes) =>
          socket.end(bytes[0] === 0x16 ? "HTTP/1.1 400 No\r\n\r\n" : ""),
        );
      });
      ending.listen(0, "127.0.0.1");
      await once(ending, "listening");
      cleanups.push(
        () => strict.close(),
        () => ending.close(),
      );
      const tls = { rejectUnauthorized: false };
      for (const port of [strict.port, (ending.address() as AddressInfo).port]) {
        const failed = failureOf(connect(`wss://127.0.0.1:${port}/`, { tls }));
        expect(await failed).toMatchObject({ code: "WS_ERR_CONNECT_FAILED", step: "tls" });
      }
      expect(strict.requests).toEqual([]);
    });

    test("alpn is what the server may choose from", async () => {
      const chosen: unknown[] = [];
      const server = createTlsServer(
        { ...pair, ALPNProtocols: ["y", "x", "http/1.1"] },
        (socket) => {
          chosen.push(socket.alpnProtocol);
          socket.on("error", () => {});
          socket.on("data", (bytes) => socket.write(acceptance(bytes.toString("latin1"))));
        },
      );
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      cleanups.push(() => server.close());
      const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      for (const alpn of [undefined, ["x"], ["x", "y"], []]) {
        const given = alpn === undefined ? {} : { alpn };
        await open(connect(url, { tls: { rejectUnauthorized: false, ...given } }));
      }
      expect(chosen.map((name) => name || false)).toEqual(["http/1.1", "x", "y", false]);
    });
  });
}
