import { expect, test } from "vitest";
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
