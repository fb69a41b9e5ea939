import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import type { ServeOptions, Server } from "@framewright/websocket";
import { afterEach, describe, expect, test } from "vitest";
import type { AttachPackage } from "./attach-contract.ts";

export interface ResponseHeadersSubject extends Pick<AttachPackage, "attach" | "connect"> {
  serve(options: ServeOptions): Promise<Server>;
}

/**
 * Tests that headers of the server's `responseHeaders` reach the client's `response`, over real
 * sockets.
 */
export function describeResponseHeaders(
  runtime: string,
  { serve, attach, connect }: ResponseHeadersSubject,
): void {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function attached(server: http.Server | http2.Http2Server, options: ServeOptions) {
    const attachment = attach(server, options);
    cleanups.push(() => server.close());
    cleanups.push(() => attachment.close({ timeout: 100 }));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, server: attachment };
  }

  const ways = [
    {
      name: "serve",
      isHttp2: false,
      async start(options: ServeOptions) {
        const server = await serve(options);
        cleanups.push(() => server.close({ timeout: 100 }));
        return { port: server.port as number, server };
      },
    },
    {
      name: "attach",
      isHttp2: false,
      start: (options: ServeOptions) => attached(http.createServer(), options),
    },
    {
      name: "HTTP/2",
      isHttp2: true,
      start: (options: ServeOptions) => attached(http2.createServer(), options),
    },
  ];

  describe.each(ways)(`headers of the response of $name on ${runtime}`, ({ isHttp2, start }) => {
    test("reach the client before `open`, beside those of the handshake", async () => {
      const { port } = await start({
        compression: true,
        subprotocols: ["chat"],
        responseHeaders: ({ path }) => ({ "Set-Cookie": ["a=1; Path=/", "b=2"], "X-Path": path }),
        open: (socket) => void socket.send("hello"),
      });
      const calls: unknown[] = [];
      const socket = await connect(`ws://127.0.0.1:${port}/room`, {
        http2: isHttp2,
        subprotocols: ["chat"],
        compression: true,
        response: (_socket, headers) =>
          void calls.push(headers.getAll("set-cookie"), headers.get("x-path")),
        open: () => void calls.push("open"),
      });
      expect(calls).toEqual([["a=1; Path=/", "b=2"], "/room", "open"]);
      expect([socket.subprotocol, socket.extensions]).toEqual([
        "chat",
        expect.stringContaining("permessage-deflate"),
      ]);
      for await (const message of socket) {
        expect(message).toBe("hello");
        break;
      }
      socket.terminate();
    });

    test.each<[string, Record<string, string>]>([
      ["one of the handshake", { "sec-websocket-protocol": "chat" }],
      ["one that would end its line", { "X-Two": "a\r\nX-Three: b" }],
      ["one without a name", { "": "a" }],
    ])(
      "500 for %s, which `error` gets, and no memory is kept for compression",
      async (_, headers) => {
        const compression = { contextTakeover: true };
        const errors: unknown[] = [];
        const { port, server } = await start({
          compression,
          responseHeaders: () => headers,
          error: (error) => void errors.push(error),
        });
        const { compressionMemory } = server.stats();
        const socket = connect(`ws://127.0.0.1:${port}/`, { http2: isHttp2, compression });
        await expect(socket).rejects.toMatchObject({ status: 500 });
        expect(errors).toEqual([expect.objectContaining({ code: "WS_ERR_INVALID_OPTION" })]);
        expect(server.stats()).toMatchObject({ openConnections: 0, compressionMemory });
      },
    );

    test("a handler that throws is reported, and closes the client with 1011", async () => {
      const { port } = await start({});
      const failure = new Error("no cookie");
      const errors: unknown[] = [];
      for (const response of [
        () => Promise.reject(failure),
        () => {
          throw failure;
        },
      ]) {
        const socket = await connect(`ws://127.0.0.1:${port}/`, {
          http2: isHttp2,
          response,
          error: (error) => void errors.push(error),
        });
        expect(await socket.closed).toMatchObject({ statusCode: 1011 });
      }
      expect(errors).toEqual([failure, failure]);
    });

    test("a handler that terminates the socket: `open` is not called after `close`", async () => {
      const { port } = await start({});
      const calls: string[] = [];
      const socket = await connect(`ws://127.0.0.1:${port}/`, {
        http2: isHttp2,
        response: (socket) => socket.terminate(),
        open: () => void calls.push("open"),
        close: () => void calls.push("close"),
      });
      expect(await socket.closed).toMatchObject({ statusCode: 1006 });
      expect(calls).toEqual(["close"]);
    });
  });
}
