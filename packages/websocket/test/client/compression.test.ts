import { deflatorMemory, inflatorMemory } from "@framewright/codec/deflate";
import type { CompressionOptions, ConnectOptions } from "@framewright/websocket";
import { connectWith } from "@framewright/websocket/transport";
import { afterEach, describe, expect, test } from "vitest";
import { supportWithPool } from "../compressed-pair.ts";
import { memoryPipe, RawPeer, settle } from "../memory-transport.ts";

type Choice = boolean | CompressionOptions;
/** The memory reserved with `contextTakeover`: the peer's window may be the largest. */
const windows = inflatorMemory(15) + deflatorMemory(12, 5);

/** The accept key for a request (RFC 6455 section 4.2.2), computed with the platform's SHA-1. */
async function acceptKey(request: string): Promise<string> {
  const key = /^Sec-WebSocket-Key: (.*)$/m.exec(request)?.[1].trim();
  const bytes = new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-1", bytes))));
}

describe("a client whose server is the test", () => {
  /** Requests no limits on the windows. */
  const takeover = { contextTakeover: true, windowBits: 15 };
  const opened: RawPeer[] = [];
  /** A different host for each connection, because those to one host are opened one by one. */
  let hosts = 0;
  afterEach(async () => {
    for (const peer of opened.splice(0)) peer.transport.destroy();
    await settle();
  });

  async function dial(options: ConnectOptions) {
    const { support, pool } = supportWithPool();
    const [near, far] = memoryPipe();
    const peer = new RawPeer(far);
    opened.push(peer);
    const socket = connectWith(
      `ws://compression-${hosts++}.example/`,
      options,
      async (_target, progress) => progress.opened(near),
      support,
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

  test("offers what its options say, and nothing without compression", async () => {
    expect((await dial({})).offer).toBeUndefined();
    expect((await dial({ compression: false })).offer).toBeUndefined();
    expect((await dial({ compression: { contextTakeover: true, windowBits: 15 } })).offer).toBe(
      "permessage-deflate; client_max_window_bits",
    );
    expect((await dial({ compression: { contextTakeover: true } })).offer).toBe(
      "permessage-deflate; client_max_window_bits=12; server_max_window_bits=12",
    );
    const none = { contextTakeover: true, maxMemory: windows - 1 };
    expect((await dial({ compression: none })).offer).toBe(
      "permessage-deflate; client_max_window_bits=12; server_max_window_bits=12; server_no_context_takeover; client_no_context_takeover",
    );
    expect((await dial({ compression: { windowBits: 11 } })).offer).toBe(
      "permessage-deflate; client_max_window_bits=11; server_max_window_bits=11; server_no_context_takeover; client_no_context_takeover",
    );
  });

  test("a server without compression is accepted, and the memory is released", async () => {
    const { socket, pool, answer } = await dial({ compression: { contextTakeover: true } });
    expect(pool.memory).toBe(windows);
    await answer();
    const { extensions } = await socket;
    expect([extensions, pool.memory]).toEqual(["", 0]);
  });

  test("accepts parameters that a server may send without a request", async () => {
    const { socket, pool, answer } = await dial({ compression: takeover });
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
    [{ strict: true }, "permessage-deflate"],
    [{ strict: true }, "permessage-deflate; client_no_context_takeover"],
    [{ ...takeover, windowBits: 10, strict: true }, "permessage-deflate"],
    [
      { ...takeover, windowBits: 10, strict: true },
      "permessage-deflate; server_max_window_bits=11",
    ],
    [{ maxMemory: inflatorMemory(15) - 1 }, "permessage-deflate"],
    [
      { ...takeover, windowBits: 10 },
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11",
    ],
  ];
  test.each(bad)(
    "with compression %j the response %j fails and releases the memory",
    async (compression, line) => {
      const { socket, pool, peer, answer } = await dial({ compression });
      await answer(`Sec-WebSocket-Extensions: ${line}`);
      await expect(socket).rejects.toMatchObject({
        name: "HandshakeError",
        code: "WS_ERR_INVALID_EXTENSION",
        status: 101,
      });
      expect(pool.memory).toBe(0);
      expect(peer.hasEnded).toBe(true);
    },
  );

  // Responses of known servers: Tornado and others omit requested limits on their own sending.
  const tolerated: [Choice, string, number][] = [
    [true, "permessage-deflate", inflatorMemory(15)],
    [true, "permessage-deflate; client_no_context_takeover", inflatorMemory(15)],
    [true, "permessage-deflate; server_max_window_bits=10", inflatorMemory(10)],
    [{ maxMemory: inflatorMemory(15) }, "permessage-deflate", inflatorMemory(15)],
    [{ contextTakeover: true }, "permessage-deflate", windows],
    [
      { contextTakeover: true },
      "permessage-deflate; server_max_window_bits=13; client_max_window_bits=12",
      inflatorMemory(13) + deflatorMemory(12, 5),
    ],
    [
      { contextTakeover: true },
      "permessage-deflate; client_no_context_takeover",
      inflatorMemory(15),
    ],
  ];
  test.each(tolerated)(
    "with compression %j the response %j is accepted and reserves %i bytes",
    async (compression, line, memory) => {
      const messages: unknown[] = [];
      const { socket, pool, peer, answer } = await dial({
        compression,
        message: (_socket, data) => void messages.push(data),
      });
      await answer(`Sec-WebSocket-Extensions: ${line}`);
      const opened = await socket;
      expect(opened.extensions).toBe(line);
      expect(pool.memory).toBe(memory);
      // RFC 7692 section 7.2.3.2: the second "Hello" refers to the first.
      peer.send([0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
      peer.send([0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00]);
      await settle();
      expect(messages).toEqual(["Hello", "Hello"]);
      opened.terminate();
      expect(pool.memory).toBe(0);
    },
  );

  test("the error says that there is no memory for the server's window", async () => {
    const { socket, answer } = await dial({ compression: { maxMemory: 1_000 } });
    await answer("Sec-WebSocket-Extensions: permessage-deflate");
    await expect(socket).rejects.toMatchObject({
      code: "WS_ERR_INVALID_EXTENSION",
      message:
        "the server keeps a window although the offer forbids it, and compression.maxMemory (1000 bytes) leaves too little for one (WS_ERR_INVALID_EXTENSION)",
    });
  });

  test("memory for windows is released however the handshake fails", async () => {
    const { support, pool } = supportWithPool();
    const compression = { contextTakeover: true };
    const failing = connectWith(
      "ws://compression.example/",
      { compression },
      () => Promise.reject(new Error("refused")),
      support,
    );
    await expect(failing).rejects.toMatchObject({ code: "WS_ERR_CONNECT_FAILED" });
    expect(pool.memory).toBe(0);
    const headers = { "bad name": "x" };
    const invalid = connectWith(
      "ws://compression.example/",
      { compression, headers },
      () => Promise.reject(new Error("must not be called")),
      support,
    );
    await expect(invalid).rejects.toMatchObject({ code: "WS_ERR_INVALID_OPTION" });
    expect(pool.memory).toBe(0);

    const refused = await dial({ compression });
    expect(refused.pool.memory).toBe(windows);
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
