import { expect, test } from "vitest";
import { dial, MemoryWebSocket as WebSocket } from "./memory-websocket.ts";
import { loose, once, thrown } from "./observed-events.ts";

test.each([
  [[], [0x88, 0x80]],
  [
    [undefined, undefined],
    [0x88, 0x80],
  ],
  [
    [undefined, ""],
    [0x88, 0x80],
  ],
  [
    [undefined, "r"],
    [0x88, 0x83],
  ],
  [[1000], [0x88, 0x82]],
  [[999.5], [0x88, 0x82]],
  [[1000.5], [0x88, 0x82]],
  [["4999"], [0x88, 0x82]],
  [
    [3000, "\ud800"],
    [0x88, 0x85],
  ],
  [
    [3000, "é".repeat(61)],
    [0x88, 0xfc],
  ],
])("close(...%o) sends a Close frame that starts with %o", async (args, start) => {
  const { socket, accept, peer } = await dial();
  accept();
  await once(socket, "open");
  loose(socket).close(...args);
  await expect.poll(() => [...peer.received.subarray(0, 2)]).toEqual(start);
});

test.each([
  ["InvalidAccessError", [0]],
  ["InvalidAccessError", [null]],
  ["InvalidAccessError", ["reason only"]],
  ["InvalidAccessError", [Number.NaN]],
  ["InvalidAccessError", [1001]],
  ["InvalidAccessError", [1000.6]],
  ["InvalidAccessError", [2999]],
  ["InvalidAccessError", [5000]],
  ["InvalidAccessError", [65_536 + 1000]],
  ["SyntaxError", [1000, "é".repeat(62)]],
  ["SyntaxError", [undefined, "x".repeat(124)]],
  ["TypeError", [1n]],
  ["TypeError", [1000, Symbol.iterator]],
])("throws %s for close(...%o) in every state", async (name, args) => {
  const { socket, accept } = await dial();
  const close = () => loose(socket).close(...args);
  expect(thrown(close)).toBe(name);
  expect(socket.readyState).toBe(WebSocket.CONNECTING);
  accept();
  await once(socket, "open");
  expect(thrown(close)).toBe(name);
  expect(socket.readyState).toBe(WebSocket.OPEN);
});
