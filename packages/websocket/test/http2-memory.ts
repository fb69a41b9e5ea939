import { once } from "node:events";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import * as v8 from "node:v8";
import * as vm from "node:vm";
import type { AttachOptions } from "@framewright/websocket";
import { afterEach, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../test-depth.ts";
import type { AttachPackage } from "./attach-contract.ts";
import { StreamPeer, until } from "./http2-peer.ts";
import { maskedFrame } from "./memory-transport.ts";

const mebibyte = 1_048_576;

/** Returns a function that collects garbage. */
function garbageCollector(): () => void {
  const { Bun } = globalThis as { Bun?: { gc(isNow: boolean): void } };
  if (Bun !== undefined) return () => Bun.gc(true);
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc");
}

/** Tests what WebSockets over HTTP/2 keep in memory. */
export function describeHttp2Memory(name: string, { attach }: Pick<AttachPackage, "attach">): void {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function serving(options: AttachOptions) {
    const httpServer = http2.createServer();
    const server = attach(httpServer, options);
    httpServer.listen(0, "127.0.0.1");
    await once(httpServer, "listening");
    cleanups.push(() => httpServer.close());
    cleanups.push(() => server.close({ timeout: 100 }));
    const { port } = httpServer.address() as AddressInfo;
    const client = http2.connect(`http://127.0.0.1:${port}`);
    client.on("error", () => {});
    cleanups.push(() => client.destroy());
    await once(client, "remoteSettings");
    return { httpServer, server, client };
  }

  describe(`memory of WebSockets over HTTP/2 on ${name}`, () => {
    test("a client that does not read: what is sent waits, up to maxBufferedAmount", async () => {
      const maxBufferedAmount = 2 * mebibyte;
      const { server, client } = await serving({ maxBufferedAmount, whenFull: "drop" });
      const peer = new StreamPeer(client, "/");
      await peer.status();
      peer.stream.pause();
      const [socket] = server.clients;
      const before = process.memoryUsage().arrayBuffers;
      const outcomes = new Map<string, number>();
      // 40 MiB, in turns of the event loop, so that what can be written is.
      for (let turn = 0; turn < 40; turn++) {
        for (let count = 0; count < 16; count++) {
          const outcome = socket.send(new Uint8Array(65_536));
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
        expect(socket.bufferedAmount).toBeLessThanOrEqual(maxBufferedAmount);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      expect(socket.bufferedAmount).toBeGreaterThan(maxBufferedAmount / 2);
      // Beyond the limit, only the windows of HTTP/2 and the buffers of TCP take bytes.
      const accepted = 640 - (outcomes.get("dropped") ?? 0);
      expect(accepted * 65_536).toBeLessThan(maxBufferedAmount + 8 * mebibyte);
      const collect = garbageCollector();
      // V8 releases the memory of arrays in the background.
      await until(() => {
        collect();
        const growth = process.memoryUsage().arrayBuffers - before;
        return growth < maxBufferedAmount + 24 * mebibyte;
      });
      expect(server.stats().bufferedAmount).toBe(socket.bufferedAmount);
      peer.stream.resume();
      await until(() => socket.bufferedAmount === 0);
    });

    test("WebSockets that were opened and closed on one connection are collected", async () => {
      const collect = garbageCollector();
      const streams: WeakRef<object>[] = [];
      const sockets: WeakRef<object>[] = [];
      const { httpServer, server, client } = await serving({
        open: (socket) => void sockets.push(new WeakRef(socket)),
        message: (socket, data) => void socket.send(data),
      });
      let session: http2.ServerHttp2Session | undefined;
      httpServer.on("stream", (stream) => {
        streams.push(new WeakRef(stream));
        session = stream.session as http2.ServerHttp2Session;
      });
      const count = isFullDepth ? 1_000 : 100;
      const listeners: number[] = [];
      for (let round = 0; round < 4; round++) {
        await exchange(client, count);
        await until(() => server.clients.size === 0);
        const events = session?.eventNames() ?? [];
        listeners.push(
          events.reduce((sum, event) => sum + (session?.listenerCount(event) ?? 0), 0),
        );
      }
      expect(new Set(listeners).size).toBe(1);
      expect([streams.length, sockets.length]).toEqual([4 * count, 4 * count]);
      const kept = (refs: WeakRef<object>[]) =>
        refs.filter((ref) => ref.deref() !== undefined).length;
      // The last of them may be on the stack, or in a list that shrinks later.
      await until(() => {
        collect();
        return kept(streams) + kept(sockets) < 0.1 * count;
      });
    });
  });
}

/** Opens WebSockets at once, exchanges a message on each, and closes or resets them. */
async function exchange(client: http2.ClientHttp2Session, count: number): Promise<void> {
  const peers = Array.from({ length: count }, () => new StreamPeer(client, "/"));
  for (const peer of peers) expect(await peer.status()).toBe(200);
  for (const peer of peers) peer.send(maskedFrame(1, "hello"));
  for (const peer of peers) await peer.receives("\x81\x05hello");
  for (const [index, peer] of peers.entries()) {
    // Runtimes end a connection that resets many streams.
    if (index % 10 > 0) {
      peer.send(maskedFrame(8, [0x03, 0xe8]));
      peer.stream.end();
    } else {
      peer.stream.close(http2.constants.NGHTTP2_CANCEL);
    }
  }
  for (const peer of peers) await until(() => peer.isClosed);
}
