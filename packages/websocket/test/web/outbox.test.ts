import { expect, test } from "vitest";
import { settle } from "../memory-transport.ts";
import { dial } from "./memory-websocket.ts";
import { once } from "./observed-events.ts";

test("Close follows what was sent before, also a Blob that has to be read", async () => {
  const { socket, accept, peer } = await dial();
  accept();
  await once(socket, "open");
  socket.send(new Blob(["12345"]));
  socket.close();
  await expect.poll(() => peer.received.length).toBe(2 + 4 + 5 + 2 + 4);
  expect([peer.received[0], peer.received[11]]).toEqual([0x82, 0x88]);
});

test("a Buffer that waits behind a Blob may be changed", async () => {
  const { socket, accept, peer } = await dial();
  accept();
  await once(socket, "open");
  socket.send(new Blob(["12345"]));
  const bytes = Buffer.from([1, 2, 3]);
  socket.send(bytes);
  // Its `slice` does not copy.
  bytes.fill(9);
  await expect.poll(() => peer.received.length).toBe(2 + 4 + 5 + 2 + 4 + 3);
  const key = peer.received.slice(13, 17);
  expect([...peer.received].slice(17).map((byte, i) => byte ^ key[i])).toEqual([1, 2, 3]);
});

test.each([100, 100_000])("a Buffer of %i bytes that is sent may be changed", async (length) => {
  const { socket, client, accept, peer } = await dial();
  accept();
  await once(socket, "open");
  client.capacity = 50;
  const bytes = Buffer.alloc(length, 1);
  socket.send(bytes);
  bytes.fill(9);
  await settle();
  client.allow(200_000);
  const header = length < 126 ? 6 : 14;
  await expect.poll(() => peer.received.length).toBe(header + length);
  const key = peer.received.slice(header - 4, header);
  const payload = [...peer.received].slice(header).map((byte, i) => byte ^ key[i % 4]);
  expect(payload.every((byte) => byte === 1)).toBe(true);
});

test("a Blob that cannot be read fails the connection", async () => {
  class BadBlob extends Blob {}
  const { socket, accept } = await dial();
  accept();
  await once(socket, "open");
  const { arrayBuffer } = Blob.prototype;
  Blob.prototype.arrayBuffer = () => Promise.reject(new Error("no file"));
  socket.send(new BadBlob(["x"]));
  const { error } = await once(socket, "error");
  Blob.prototype.arrayBuffer = arrayBuffer;
  expect(error).toMatchObject({ code: "WS_ERR_UNREADABLE_BLOB", cause: { message: "no file" } });
});
