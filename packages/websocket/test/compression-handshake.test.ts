import { deflatorMemory, inflatorMemory } from "@framewright/codec";
import {
  broadcast,
  type CompressionOptions,
  type ConnectOptions,
  type Direction,
  type Message,
  prepare,
} from "@framewright/websocket";
import { connectWith } from "@framewright/websocket/transport";
import { afterEach, describe, expect, test } from "vitest";
import { platformWithPool, serveInMemory } from "./compressed-pair.ts";
import { memoryPipe, RawPeer, settle } from "./memory-transport.ts";

type Choice = boolean | CompressionOptions;
const window = inflatorMemory(15);
const words = "so many words, so many words, ".repeat(100);

describe("what both sides negotiate", () => {
  const cases: [server: Choice, client: Choice, extensions: string][] = [
    [false, false, ""],
    [true, false, ""],
    [false, true, ""],
    [true, true, "permessage-deflate; server_no_context_takeover; client_no_context_takeover"],
    [{ contextTakeover: true }, { contextTakeover: true }, "permessage-deflate"],
    [
      { contextTakeover: true },
      true,
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    ],
    [true, { contextTakeover: true }, "permessage-deflate; client_no_context_takeover"],
    [
      { contextTakeover: true, windowBits: 12 },
      { contextTakeover: true, windowBits: 10 },
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=10",
    ],
    [
      { contextTakeover: true, windowBits: 9 },
      { contextTakeover: true },
      "permessage-deflate; client_max_window_bits=9",
    ],
    [
      { contextTakeover: true, maxMemory: 0 },
      { contextTakeover: true },
      "permessage-deflate; client_no_context_takeover",
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
    // What is left is for the next connections: a deflator, and the inflator for whole messages.
    const most = deflatorMemory(15) + 2 * window;
    expect(pairs.serverPool.memory).toBeLessThanOrEqual(most);
    expect(pairs.clientPool.memory).toBeLessThanOrEqual(most);
  });

  test("with windows on both sides nothing is left when the connections are over, however they end", async () => {
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
      expect(pairs.serverPool.memory).toBe(window + deflatorMemory(15));
      expect(pairs.clientPool.memory).toBe(window + deflatorMemory(15));
      end(pair);
      await Promise.all([pair.client.closed, pair.server.closed]);
      expect([pairs.serverPool.memory, pairs.clientPool.memory]).toEqual([0, 0]);
    }
  });

  test("a broadcast reaches all, however each of them compresses", async () => {
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

  test("what the wire shows is what went over it, compressed", async () => {
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

  test("a message that inflates to more than maxMessageSize is 1009", async () => {
    const pairs = await serveInMemory({ compression: true, maxMessageSize: 2999 });
    const { client, server } = await pairs.connect({ compression: true });
    client.send(words);
    expect(await server.closed).toMatchObject({ statusCode: 1009, wasClean: false });
    expect(await client.closed).toMatchObject({ statusCode: 1009 });
  });
});

/** The accept key that answers a request (RFC 6455 section 4.2.2), by the platform's SHA-1. */
async function acceptKey(request: string): Promise<string> {
  const key = /^Sec-WebSocket-Key: (.*)$/m.exec(request)?.[1].trim();
  const bytes = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-1", bytes))));
}

describe("a client whose server is the test", () => {
  const opened: RawPeer[] = [];
  /** Connections to one host are opened one after the other. */
  let hosts = 0;
  afterEach(async () => {
    for (const peer of opened.splice(0)) peer.transport.destroy();
    await settle();
  });

  async function dial(options: ConnectOptions) {
    const { platform, pool } = platformWithPool();
    const [near, far] = memoryPipe();
    const peer = new RawPeer(far);
    opened.push(peer);
    const socket = connectWith(
      `ws://${hosts++}.example/`,
      options,
      async (_url, _ca, _signal, onOpen) => onOpen(near),
      platform,
    );
    socket.catch(() => {});
    await settle();
    const offer = /^Sec-WebSocket-Extensions: (.*)\r$/m.exec(peer.text)?.[1];
    const answer = async (...lines: string[]) => {
      const accept = `Sec-WebSocket-Accept: ${await acceptKey(peer.text)}`;
      const head = ["HTTP/1.1 101 OK", "Upgrade: websocket", "Connection: upgrade", accept];
      peer.send([...head, ...lines, "", ""].join("\r\n"));
      await settle();
    };
    return { peer, socket, pool, offer, answer };
  }

  test("offers what its options say, and nothing without the option", async () => {
    expect((await dial({})).offer).toBeUndefined();
    expect((await dial({ compression: false })).offer).toBeUndefined();
    expect((await dial({ compression: { contextTakeover: true } })).offer).toBe(
      "permessage-deflate; client_max_window_bits",
    );
    expect((await dial({ compression: { windowBits: 11 } })).offer).toBe(
      "permessage-deflate; client_max_window_bits=11; server_max_window_bits=11; server_no_context_takeover; client_no_context_takeover",
    );
  });

  test("a server that does not compress is fine, and takes no memory", async () => {
    const { socket, pool, answer } = await dial({ compression: { contextTakeover: true } });
    expect(pool.memory).toBe(window);
    await answer();
    const { extensions } = await socket;
    expect([extensions, pool.memory]).toEqual(["", 0]);
  });

  test("what a server may say unasked", async () => {
    const { socket, pool, answer } = await dial({ compression: { contextTakeover: true } });
    await answer(
      "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10;client_no_context_takeover",
    );
    const opened = await socket;
    expect(opened.extensions).toBe(
      "permessage-deflate; server_max_window_bits=10; client_no_context_takeover",
    );
    expect(pool.memory).toBe(inflatorMemory(10));
    opened.terminate();
    expect(pool.memory).toBe(0);
  });

  const takeover = { contextTakeover: true };
  const bad: [Choice, string][] = [
    [false, "permessage-deflate"],
    [takeover, "x"],
    [takeover, "permessage-deflate, x"],
    [takeover, "permessage-deflate, permessage-deflate"],
    [takeover, "Permessage-Deflate"],
    [takeover, "permessage-deflate; x"],
    [takeover, "permessage-deflate; client_max_window_bits"],
    [takeover, "permessage-deflate; client_max_window_bits=7"],
    [takeover, "permessage-deflate; server_max_window_bits=16"],
    [takeover, "permessage-deflate; server_max_window_bits=010"],
    [takeover, "permessage-deflate; server_no_context_takeover=1"],
    [takeover, "permessage-deflate; server_no_context_takeover; server_no_context_takeover"],
    [takeover, "permessage-deflate;"],
    [true, "permessage-deflate"],
    [true, "permessage-deflate; client_no_context_takeover"],
    [{ ...takeover, windowBits: 10 }, "permessage-deflate"],
    [{ ...takeover, windowBits: 10 }, "permessage-deflate; server_max_window_bits=11"],
    [
      { ...takeover, windowBits: 10 },
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11",
    ],
  ];
  test.each(bad)(
    "an answer to compression %j of %j fails, and gives its memory back",
    async (compression, line) => {
      const { socket, pool, peer, answer } = await dial({ compression });
      await answer(`Sec-WebSocket-Extensions: ${line}`);
      await expect(socket).rejects.toMatchObject({
        name: "HandshakeError",
        code: "WS_ERR_INVALID_EXTENSION",
        httpStatus: 101,
      });
      expect(pool.memory).toBe(0);
      expect(peer.hasEnded).toBe(true);
    },
  );

  test("memory for a window is given back whatever becomes of the connection", async () => {
    const { platform, pool } = platformWithPool();
    const compression = { contextTakeover: true };
    const failing = connectWith(
      "ws://a.example/",
      { compression },
      () => Promise.reject(new Error("refused")),
      platform,
    );
    await expect(failing).rejects.toMatchObject({ code: "WS_ERR_CONNECT_FAILED" });
    expect(pool.memory).toBe(0);
    const headers = { "bad name": "x" };
    const invalid = connectWith(
      "ws://a.example/",
      { compression, headers },
      () => Promise.reject(new Error("must not be called")),
      platform,
    );
    await expect(invalid).rejects.toMatchObject({ code: "WS_ERR_INVALID_OPTION" });
    expect(pool.memory).toBe(0);

    const refused = await dial({ compression });
    expect(refused.pool.memory).toBe(window);
    refused.peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    await expect(refused.socket).rejects.toMatchObject({ code: "WS_ERR_UNEXPECTED_RESPONSE" });
    expect(refused.pool.memory).toBe(0);

    const ended = await dial({ compression });
    ended.peer.transport.shutdown();
    await expect(ended.socket).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_INCOMPLETE" });
    expect(ended.pool.memory).toBe(0);

    const late = await dial({ compression, handshakeTimeout: 10 });
    await expect(late.socket).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
    expect(late.pool.memory).toBe(0);
  });
});
