import { once } from "node:events";
import * as http2 from "node:http2";
import { type AddressInfo, connect } from "node:net";
import type { AttachOptions, Socket } from "@framewright/websocket";
import { afterEach, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../test-depth.ts";
import type { AttachPackage } from "./attach-contract.ts";
import { clientPreface, settingsFrame } from "./http2-frames.ts";
import { StreamPeer, until } from "./http2-peer.ts";

/** In which order an HTTP server and the WebSockets that are attached to it are closed. */
const orders = ["WebSockets first", "HTTP first", "at once"] as const;

/** Tests the end of servers of HTTP/2 while they are busy. */
export function describeHttp2Closing(
  name: string,
  { attach }: Pick<AttachPackage, "attach">,
): void {
  const cleanups: (() => unknown)[] = [];
  afterEach(() => {
    for (const cleanup of cleanups.splice(0).reverse()) cleanup();
  });

  async function serving(options: AttachOptions = {}) {
    const httpServer = http2.createServer();
    const closes = new Map<Socket, number>();
    const errors: unknown[] = [];
    const server = attach(httpServer, {
      accept: ({ path }) => (path === "/wait" ? new Promise(() => {}) : undefined),
      close: (socket) => void closes.set(socket, (closes.get(socket) ?? 0) + 1),
      error: (_socket, error) => void errors.push(error),
      ...options,
    });
    httpServer.listen(0, "127.0.0.1");
    await once(httpServer, "listening");
    const { port } = httpServer.address() as AddressInfo;
    const client = http2.connect(`http://127.0.0.1:${port}`);
    client.on("error", () => {});
    cleanups.push(() => client.destroy());
    await once(client, "remoteSettings");
    const closeHttp = () => new Promise((resolve) => httpServer.close(resolve));
    /** Closes both. The connection ends when the WebSockets have ended. */
    const close = async (order: (typeof orders)[number]) => {
      const http = order === "WebSockets first" ? undefined : closeHttp();
      const closing = server.close({ timeout: 100 });
      if (order === "HTTP first") await Promise.race([http, closing]);
      const result = await closing;
      client.destroy();
      await (http ?? closeHttp());
      expect(errors).toEqual([]);
      expect(server.stats()).toMatchObject({ openConnections: 0, pendingHandshakes: 0 });
      return result;
    };
    return { httpServer, server, port, client, closes, close };
  }

  describe(`closing servers of HTTP/2 on ${name}`, () => {
    const count = isFullDepth ? 1_000 : 200;
    for (const order of orders) {
      test(`many WebSockets on one connection, ${order}`, async () => {
        const { server, client, closes, close } = await serving();
        const peers = Array.from({ length: count }, () => new StreamPeer(client, "/"));
        for (const peer of peers) expect(await peer.status()).toBe(200);
        const { closed, terminated } = await close(order);
        expect(closed + terminated).toBe(count);
        expect([...closes.values()]).toEqual(Array(count).fill(1));
        expect(server.clients.size).toBe(0);
      });

      test(`streams that are opened and reset in a loop, ${order}`, async () => {
        const { server, client, closes, close } = await serving();
        const open = new StreamPeer(client, "/");
        await open.status();
        let isOver = false;
        const loop = async () => {
          while (!isOver && !client.closed && !client.destroyed) {
            for (const path of ["/", "/wait"]) {
              const peer = new StreamPeer(client, path);
              setImmediate(() => peer.stream.close(http2.constants.NGHTTP2_CANCEL));
            }
            await new Promise((resolve) => setImmediate(resolve));
          }
        };
        const attack = loop();
        await until(() => (server.stats().refused.WS_ERR_HANDSHAKE_INCOMPLETE ?? 0) >= 10);
        await close(order);
        isOver = true;
        await attack;
        expect(closes.size).toBe(server.stats().accepted);
        expect(new Set(closes.values())).toEqual(new Set([1]));
      });

      if (order !== "WebSockets first") continue;
      test("streams after the end of the WebSocket server are reset, until another one is attached", async () => {
        const { server, client, httpServer } = await serving();
        await server.close();
        const webSocket = new StreamPeer(client, "/");
        const plain = client.request({ ":path": "/" });
        let isClosed = false;
        plain.on("error", () => {});
        plain.on("close", () => {
          isClosed = true;
        });
        await until(() => webSocket.isClosed && isClosed);
        expect(webSocket.response).toBeUndefined();
        const next = attach(httpServer, { message: () => {} });
        expect(await new StreamPeer(client, "/").status()).toBe(200);
        client.destroy();
        await next.close();
      });
    }

    for (const order of orders) {
      test(`a flood of SETTINGS, ${order}`, async () => {
        const { port, client, closes, close } = await serving();
        await new StreamPeer(client, "/").status();
        const tcp = connect(port, "127.0.0.1");
        cleanups.push(() => tcp.destroy());
        tcp.on("error", () => {});
        await once(tcp, "connect");
        let hasEnded = false;
        tcp.on("close", () => {
          hasEnded = true;
        });
        tcp.resume();
        tcp.write(clientPreface);
        const flood = Buffer.concat(Array(1_000).fill(settingsFrame({ initialWindowSize: 1_000 })));
        const attack = (async () => {
          while (!hasEnded) {
            tcp.write(flood);
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        })();
        await new Promise((resolve) => tcp.once("data", resolve));
        const closing = close(order);
        // The connection without WebSockets is the HTTP server's: it does not end with them.
        setTimeout(() => tcp.destroy(), 200);
        expect(await closing).toEqual({ closed: 0, terminated: 1 });
        expect([...closes.values()]).toEqual([1]);
        await attack;
      });
    }
  });
}
