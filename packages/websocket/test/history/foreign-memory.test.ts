import type { Socket } from "@framewright/websocket";
import { expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";

/** Values that JavaScript could pass by mistake, and a form that holds `length`. */
const notBytes: readonly unknown[] = [
  200,
  "200",
  [1, 2],
  { length: 100 },
  { byteLength: 100 },
  null,
];

/** Values whose bytes are those of their own memory. */
const ownBytes: readonly object[] = [
  new Float32Array(20),
  new DataView(new ArrayBuffer(8)),
  new ArrayBuffer(8),
];

async function openSocket() {
  let opened: Socket | undefined;
  const { open } = await memoryServer({
    open: (socket) => {
      opened = socket;
    },
  });
  const { peer } = await open();
  return { socket: opened as Socket, peer };
}

test("CVE-2016-10518 of ws: a Ping of a number sends no memory", async () => {
  const { socket, peer } = await openSocket();
  for (const payload of notBytes) {
    expect(() => socket.ping(payload as Uint8Array)).toThrow(
      expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_ARGUMENT" }),
    );
  }
  expect(socket.bufferedAmount).toBe(0);
  expect(peer.take()).toEqual([]);
});

test("CVE-2026-45736 of ws: a close reason of another type sends no memory", async () => {
  const { socket, peer } = await openSocket();
  const others = notBytes.filter((value) => typeof value !== "string");
  const reasons = [...others, ...ownBytes, new Uint8Array(4)];
  for (const reason of reasons) {
    expect(() => socket.close(1000, reason as string)).toThrow(
      expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_ARGUMENT" }),
    );
  }
  expect(socket.readyState).toBe("open");
  expect(peer.take()).toEqual([]);
});
