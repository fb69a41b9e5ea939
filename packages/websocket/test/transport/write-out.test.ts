import fc from "fast-check";
import { expect, test } from "vitest";
import type { Transport } from "../../src/transport/transport.ts";
import { outputView } from "../../src/transport/write-out.ts";
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
  const reachable: boolean[] = [];
  const writer: Transport = transport;
  writer.writePart = (bytes, start, end, isReachable) => {
    written.push([...bytes.subarray(start, Math.min(end, start + 4))]);
    reachable.push(isReachable);
    return end - start - (written.length === 1 ? 1 : 0);
  };
  socket.send("ab");
  await settle();
  transport.listener.drained();
  expect(written).toEqual([[0x81, 2, 0x61, 0x62], [0x62]]);
  expect(reachable).toEqual([false, false]);
  // The user may still transfer the memory of a long message.
  socket.send(new Uint8Array(70_000).fill(7));
  await settle();
  expect(written.at(-1)).toEqual([7, 7, 7, 7]);
  expect(reachable.at(-1)).toBe(true);
});

test("outputView shows the bytes asked for, and keeps no view of what users can reach", () => {
  const buffers = [64, 4_096, 69_632, 100_000].map((length) => new Uint8Array(length));
  const part = fc.record({
    buffer: fc.constantFrom(...buffers),
    start: fc.integer({ min: 0, max: 2 }),
    length: fc.integer({ min: 0, max: 3 }),
    isReachable: fc.boolean(),
  });
  const kept = new Map<Uint8Array, Uint8Array>();
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      for (const { buffer, start, length, isReachable } of parts) {
        const view = outputView(buffer, start, start + length, isReachable);
        expect(view.buffer).toBe(buffer.buffer);
        expect([view.byteOffset, view.length]).toEqual([start, length]);
        const isKept = !isReachable && start === 0 && buffer.length <= 69_632;
        if (isKept) kept.set(buffer, view);
        const again = outputView(buffer, start, start + length, isReachable);
        expect(again === view).toBe(isKept);
        const last = kept.get(buffer);
        if (last !== undefined) expect(outputView(buffer, 0, last.length, false)).toBe(last);
      }
    }),
  );
  const [whole] = buffers as [Uint8Array];
  expect(outputView(whole, 0, whole.length, true)).toBe(whole);
});
