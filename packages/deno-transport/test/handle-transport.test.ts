import { Buffer } from "node:buffer";
import { connect, serve } from "@framewright/deno-transport";
import { expect, test } from "vitest";

const length = 4_000;
const count = 4_000;

/** Message number `i`: all bytes depend on it. */
const messageOf = (i: number) => new Uint8Array(length).fill(i).fill(i >> 8, length / 2);

test("output that waits for slow readers is not changed by later output", async () => {
  const server = await serve({
    maxBufferedAmount: 2 ** 30,
    message(socket) {
      // The kernel takes a part of this, because the client does not read before it ends.
      for (let i = 0; i < count; i++) socket.send(messageOf(i));
    },
  });
  const clients = await Promise.all(
    Array.from({ length: 3 }, () => connect(`ws://127.0.0.1:${server.port}/`)),
  );
  for (const client of clients) client.send("begin");
  for (const client of clients) {
    let received = 0;
    for await (const message of client) {
      if (Buffer.compare(message as Uint8Array, messageOf(received)) !== 0)
        expect.fail(`message ${received} is not what was sent`);
      if (++received === count) break;
    }
  }
  await server.close();
});
