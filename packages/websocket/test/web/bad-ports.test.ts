import { expect, test } from "vitest";
import { MemoryWebSocket as WebSocket } from "./memory-websocket.ts";
import { logOf, once } from "./observed-events.ts";

test("ports that the Fetch standard blocks fail with error and close", async () => {
  const socket = new WebSocket("ws://example.com:25/");
  expect(socket.readyState).toBe(WebSocket.CONNECTING);
  const log = logOf(socket);
  const { error } = await once(socket, "error");
  expect(error.message).toBe("port 25 is blocked by the Fetch standard (WS_ERR_CONNECT_FAILED)");
  await expect.poll(() => log).toEqual(["error", "close 1006  false"]);
});
