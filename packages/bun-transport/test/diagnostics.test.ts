import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { connect, serve } from "@framewright/bun-transport";
import { expect, test } from "vitest";
import { describeDiagnostics } from "../../websocket/test/diagnostics-contract.ts";

describeDiagnostics("Bun", { serve, connect });

test("subscribers stay, because the package refers to the channels: Bun 1.4 collects others", async () => {
  let calls = 0;
  const count = () => void calls++;
  subscribe("framewright.open", count);
  const server = await serve({});
  for (let round = 0; round < 5; round++) {
    Bun.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const socket = await connect(`ws://127.0.0.1:${server.port}/`);
  socket.terminate();
  await server.close();
  unsubscribe("framewright.open", count);
  expect(calls).toBe(2);
});
