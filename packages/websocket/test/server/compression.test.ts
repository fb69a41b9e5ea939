import { deflatorMemory, inflatorMemory } from "@framewright/codec/deflate";
import {
  broadcast,
  type CompressionOptions,
  type Direction,
  type Message,
  prepare,
} from "@framewright/websocket";
import { describe, expect, test } from "vitest";
import { serveInMemory } from "../compressed-pair.ts";
import { settle } from "../memory-transport.ts";

type Choice = boolean | CompressionOptions;
/**
 * The least `maxMemory` with which windows are kept with `contextTakeover`: the peer's window may
 * be the largest, and one deflator is left for other connections.
 */
const windows = inflatorMemory(15) + 2 * deflatorMemory(12, 5);
const words = "so many words, so many words, ".repeat(100);

describe("what both sides negotiate", () => {
  const cases: [server: Choice, client: Choice, extensions: string][] = [
    [false, false, ""],
    [true, false, ""],
    [false, true, ""],
    [true, true, "permessage-deflate; server_no_context_takeover; client_no_context_takeover"],
    [
      { contextTakeover: true },
      { contextTakeover: true },
      "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
    ],
    [
      { contextTakeover: true, windowBits: 15 },
      { contextTakeover: true, windowBits: 15 },
      "permessage-deflate",
    ],
    [
      { contextTakeover: true },
      { contextTakeover: true, windowBits: 15 },
      "permessage-deflate; client_max_window_bits=12",
    ],
    [
      { contextTakeover: true },
      true,
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=12",
    ],
    [
      true,
      { contextTakeover: true },
      "permessage-deflate; server_max_window_bits=12; client_no_context_takeover; client_max_window_bits=12",
    ],
    [
      true,
      { contextTakeover: true, windowBits: 15 },
      "permessage-deflate; client_no_context_takeover",
    ],
    [
      { contextTakeover: true, windowBits: 12 },
      { contextTakeover: true, windowBits: 10 },
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=10",
    ],
    [
      { contextTakeover: true, windowBits: 9 },
      { contextTakeover: true },
      "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9",
    ],
    [
      { contextTakeover: true, maxMemory: 0 },
      { contextTakeover: true },
      "permessage-deflate; server_max_window_bits=12; client_no_context_takeover; client_max_window_bits=12",
    ],
    [
      { contextTakeover: true, maxMemory: windows },
      { contextTakeover: true, maxMemory: windows },
      "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
    ],
    // Memory that is too small for windows is used for the shared deflator.
    [
      { contextTakeover: true, maxMemory: windows - 1 },
      { contextTakeover: true, windowBits: 10 },
      "permessage-deflate; server_max_window_bits=10; client_no_context_takeover; client_max_window_bits=10",
    ],
    [
      { contextTakeover: true },
      { contextTakeover: true, maxMemory: windows - 1 },
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=12; client_no_context_takeover; client_max_window_bits=12",
    ],
  ];
  test.each(cases)("%j and %j: %j", async (server, client, extensions) => {
    const received: Message[] = [];
    const pairs = await serveInMemory({
      compression: server,
      message: (socket, message) => void socket.send(message),
    });
    const pair = await pairs.connect({
      compression: client,
      message: (_, message) => void received.push(message),
    });
    expect([pair.client.extensions, pair.server.extensions]).toEqual([extensions, extensions]);
    const messages = [words, new Uint8Array(70_000).fill(3), "", words, "é".repeat(2000)];
    for (const message of messages) pair.client.send(message);
    await settle();
    expect(received).toEqual(messages);
    const written = pair.transports.map(({ writes }) => writes.reduce((sum, n) => sum + n, 0));
    const hasMemory = typeof server === "boolean" || server.maxMemory !== 0;
    expect(written.map((length) => length < 10_000)).toEqual([
      extensions !== "",
      extensions !== "" && hasMemory,
    ]);
    pair.client.close(1000);
    await Promise.all([pair.client.closed, pair.server.closed]);
    await pairs.server.close();
    // Only a shared deflator and idle inflators are left for the next connections.
    const most = deflatorMemory(15, 8) + 2 * inflatorMemory(15);
    expect(pairs.serverPool.memory).toBeLessThanOrEqual(most);
    expect(pairs.clientPool.memory).toBeLessThanOrEqual(most);
  });

  test("with windows on both sides, all memory is released however the connections end", async () => {
    const pairs = await serveInMemory({ compression: { contextTakeover: true } });
    const ends: ((pair: Awaited<ReturnType<typeof pairs.connect>>) => void)[] = [
      ({ client }) => client.close(),
      ({ server }) => server.close(),
      ({ client }) => client.terminate(),
      ({ server }) => server.terminate(),
      ({ transports }) => transports[0].listener.failed(new Error("reset")),
      ({ transports }) => transports[1].shutdown(),
    ];
    for (const end of ends) {
      const pair = await pairs.connect({
        compression: { contextTakeover: true },
        closeTimeout: 20,
      });
      pair.client.send(words);
      pair.server.send(words);
      await settle();
      const agreed = inflatorMemory(12) + deflatorMemory(12, 5);
      expect(pairs.serverPool.memory).toBe(agreed);
      expect(pairs.clientPool.memory).toBe(agreed);
      end(pair);
      await Promise.all([pair.client.closed, pair.server.closed]);
      expect([pairs.serverPool.memory, pairs.clientPool.memory]).toEqual([0, 0]);
    }
  });

  test("a broadcast reaches all clients, whatever their compression", async () => {
    const received: [number, Message][] = [];
    const pairs = await serveInMemory({ compression: { contextTakeover: true } });
    const choices: Choice[] = [true, true, { contextTakeover: true }, false];
    for (const [index, compression] of choices.entries()) {
      await pairs.connect({
        compression,
        message: (_, message) => void received.push([index, message]),
      });
    }
    expect(broadcast(pairs.server.clients, prepare(words))).toEqual({ sent: 4, dropped: 0 });
    await settle();
    expect(received).toEqual(choices.map((_, index) => [index, words]));
    await pairs.server.close({ timeout: 100 });
  });

  test("wire gets the compressed bytes", async () => {
    const shown: [Direction, number][] = [];
    const pairs = await serveInMemory({ compression: true });
    const { client, server } = await pairs.connect({
      compression: true,
      wire: (_, direction, bytes) => void shown.push([direction, bytes[0]]),
    });
    client.send(words);
    await settle();
    server.send(words);
    await settle();
    expect(shown).toEqual([
      ["out", 0xc1],
      ["in", 0xc1],
    ]);
    await pairs.server.close({ timeout: 100 });
  });

  test("a message that inflates to more than maxMessageSize gives 1009", async () => {
    const pairs = await serveInMemory({ compression: true, maxMessageSize: 2999 });
    const { client, server } = await pairs.connect({ compression: true });
    client.send(words);
    expect(await server.closed).toMatchObject({ statusCode: 1009, wasClean: false });
    expect(await client.closed).toMatchObject({ statusCode: 1009 });
  });
});
