import { connect, serve } from "@framewright/bun-transport";
import { expect, test } from "vitest";
import { socketHandlers } from "../src/bun-transport.ts";

test("the memory of long chunks is freed as soon as they are read", async () => {
  const lengths: number[] = [];
  const { data } = socketHandlers;
  const handlers: typeof socketHandlers = socketHandlers;
  handlers.data = (socket, bytes) => {
    const { length } = bytes;
    data(socket, bytes);
    if (length >= 65_536) lengths.push(bytes.length);
  };
  try {
    await using server = await serve({
      hostname: "127.0.0.1",
      port: 0,
      message: (socket, message) => void socket.send(message),
    });
    const sent = Uint8Array.from({ length: 8 << 20 }, (_, i) => i ^ (i >> 8));
    const client = await connect(`ws://127.0.0.1:${server.port}`);
    client.send(sent);
    for await (const received of client) {
      expect(Buffer.compare(received as Uint8Array, sent)).toBe(0);
      break;
    }
  } finally {
    handlers.data = data;
  }
  expect(lengths.length).toBeGreaterThan(0);
  expect(lengths.filter((length) => length > 0)).toEqual([]);
});
