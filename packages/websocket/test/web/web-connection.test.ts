import { expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { settle, unmaskedFrame } from "../memory-transport.ts";
import { dial, MemoryWebSocket as WebSocket } from "./memory-websocket.ts";
import { logOf, loose, once } from "./observed-events.ts";

test("messages behind the response and the Close frame are events in order", async () => {
  const { socket, accept } = await dial();
  const log = logOf(socket);
  const states: number[] = [];
  for (const type of ["open", "message"] as const) {
    socket.addEventListener(type, () => states.push(socket.readyState));
  }
  accept(unmaskedFrame(1, "a"), unmaskedFrame(1, "b"), unmaskedFrame(8, [0x0b, 0xb8, 0x72]));
  expect(log).toEqual([]);
  await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSING);
  expect(log).toEqual(["open", "message a", "message b"]);
  expect(states).toEqual([1, 1, 1]);
  socket.send("late");
  expect(socket.bufferedAmount).toBe(4);
});

test("no message is delivered after close was called", async () => {
  const { socket, accept, peer } = await dial();
  const log = logOf(socket);
  socket.onmessage = () => socket.close(1000);
  accept(unmaskedFrame(1, "a"), unmaskedFrame(1, "b"));
  await expect.poll(() => log).toEqual(["open", "message a"]);
  peer.send(unmaskedFrame(1, "c"), unmaskedFrame(8, [3, 232]));
  peer.transport.shutdown();
  await expect.poll(() => log).toEqual(["open", "message a", "close 1000  true"]);
});

test("a message that breaks the protocol fails the connection with 1006", async () => {
  const { socket, accept, peer } = await dial();
  const log = logOf(socket);
  accept(unmaskedFrame(1, "a"), unmaskedFrame(1, [0xff]));
  await expect.poll(() => peer.received[0]).toBe(0x88);
  peer.transport.shutdown();
  const { error } = await once(socket, "error");
  expect(error.code).toBe("WS_ERR_INVALID_UTF8");
  await expect.poll(() => log).toEqual(["open", "message a", "error", "close 1006  false"]);
});

test("the server is paused while too many messages wait for their events", async () => {
  const { socket, accept, client, peer } = await dial();
  accept();
  await once(socket, "open");
  const log = logOf(socket);
  const frame = [0x82, 126, 0xff, 0xff, ...new Uint8Array(65_535)];
  for (let i = 0; i < 20; i++) peer.send(frame);
  await expect.poll(() => client.paused || log.length === 20).toBe(true);
  expect(log.length).toBeLessThan(20);
  await expect.poll(() => log.length).toBe(20);
  await expect.poll(() => client.paused).toBe(false);
});

test.runIf(isFullDepth)(
  "the server is paused as well while too many empty messages wait",
  async () => {
    const { socket, accept, client, peer } = await dial([], { maxFramesPerTurn: 2 ** 30 });
    accept();
    await once(socket, "open");
    let received = 0;
    socket.onmessage = () => received++;
    const count = 45_000;
    peer.send(Array.from({ length: count }, () => unmaskedFrame(1)).flat());
    const isPaused = new Promise((resolve) => {
      client.pause = () => {
        client.paused = true;
        resolve(true);
      };
    });
    expect(await isPaused).toBe(true);
    await expect.poll(() => received).toBe(count);
    expect(client.paused).toBe(false);
  },
);

test("binaryType ignores other values and applies to the next event", async () => {
  const { socket, accept, peer } = await dial();
  expect(socket.binaryType).toBe("blob");
  socket.binaryType = loose("Blob");
  socket.binaryType = loose(undefined);
  expect(socket.binaryType).toBe("blob");
  accept();
  await once(socket, "open");
  peer.send(unmaskedFrame(2, [1, 2]));
  const blob: Blob = (await once(socket, "message")).data;
  expect(blob).toBeInstanceOf(Blob);
  expect([blob.size, blob.type]).toEqual([2, ""]);
  socket.binaryType = "arraybuffer";
  peer.send(unmaskedFrame(2, [1, 2]), unmaskedFrame(2, [3]));
  const buffers: ArrayBuffer[] = [];
  socket.onmessage = ({ data }) => void buffers.push(data);
  await expect.poll(() => buffers.length).toBe(2);
  expect(buffers.map((buffer) => [...new Uint8Array(buffer)])).toEqual([[1, 2], [3]]);
});

test("what was not written counts after the connection was lost", async () => {
  const { socket, accept, client, peer } = await dial([], { closeTimeout: 10 });
  accept();
  await once(socket, "open");
  client.capacity = 0;
  socket.send("1234");
  peer.transport.shutdown();
  await once(socket, "close");
  expect(socket.bufferedAmount).toBe(4);
});

test("bufferedAmount decreases in a later task, also while nothing is received", async () => {
  const { socket, accept } = await dial();
  accept();
  await once(socket, "open");
  socket.send("1234");
  await Promise.resolve();
  expect(socket.bufferedAmount).toBe(4);
  await expect.poll(() => socket.bufferedAmount).toBe(0);
});

test("nothing is left in bufferedAmount after a clean close", async () => {
  const { socket, accept, client, peer } = await dial();
  accept();
  await once(socket, "open");
  client.capacity = 0;
  socket.send("1234");
  await settle();
  expect(socket.bufferedAmount).toBe(4);
  client.allow(1_000);
  peer.send(unmaskedFrame(8, [3, 232]));
  peer.transport.shutdown();
  expect((await once(socket, "close")).wasClean).toBe(true);
  expect(socket.bufferedAmount).toBe(0);
});
