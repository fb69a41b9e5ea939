import { expect, test } from "vitest";
import type { Transport } from "../../src/transport/transport.ts";
import { memoryServer } from "../memory-server.ts";
import { settle } from "../memory-transport.ts";

/** A server with one socket, whose transport does something else in `write`. */
async function serverWith(write: (fail: (error: Error) => void) => number) {
  const events: unknown[] = [];
  const { server, open } = await memoryServer({
    wire: (_socket, direction) => void events.push(direction),
    close(socket, statusCode) {
      events.push(statusCode);
      void socket.closed.then(({ error }) => events.push(error?.message));
    },
  });
  const { transport } = await open();
  transport.write = () => write((error) => transport.listener.failed(error));
  const [socket] = server.clients;
  return { socket, transport, events };
}

test.each([100, 100_000])(
  "a transport whose `write` throws has failed (%i bytes)",
  async (length) => {
    const { socket, transport, events } = await serverWith(() => {
      throw new Error("EPIPE");
    });
    socket.send(new Uint8Array(length));
    await settle();
    expect(events).toEqual([1006, "EPIPE"]);
    expect([transport.destroyed, socket.readyState, socket.bufferedAmount]).toEqual([
      true,
      "closed",
      0,
    ]);
  },
);

test("nothing is called after `close` if a transport fails while it writes", async () => {
  const { socket, events } = await serverWith((fail) => {
    fail(new Error("reset"));
    return 100;
  });
  expect(socket.send(new Uint8Array(100_000))).toBe("dropped");
  await settle();
  expect(events).toEqual([1006, "reset"]);
});

test("a transport that takes parts gets the bytes to write by their place in the output", async () => {
  const { socket, transport } = await serverWith(() => 0);
  const written: number[][] = [];
  const writer: Transport = transport;
  writer.writePart = (bytes, start, end) => {
    written.push([...bytes.subarray(start, end)]);
    return end - start - (written.length === 1 ? 1 : 0);
  };
  socket.send("ab");
  await settle();
  transport.listener.drained();
  expect(written).toEqual([[0x81, 2, 0x61, 0x62], [0x62]]);
});
