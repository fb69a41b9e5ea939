import { connect } from "@framewright/deno-transport";
import { expect, test } from "vitest";

const attempts = 20;

/** Keeps the process from taking part in anything for so many milliseconds. */
function beBusy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test("a connection that stands when the time for it is over is closed", async () => {
  // The system accepts. A process that did so itself would notice the connections earlier.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `ws://127.0.0.1:${listener.addr.port}/`;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const connecting = connect(url, { handshakeTimeout: 5 });
    // The process gets busy at various steps of the attempt.
    for (let turn = 0; turn < attempt; turn++) await Promise.resolve();
    beBusy(10);
    await expect(connecting).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_TIMEOUT" });
  }
  for (let attempt = 0; attempt < attempts; attempt++) {
    const connection = await listener.accept();
    const bytes = new Uint8Array(1_024);
    // Without its end, the test times out.
    while ((await connection.read(bytes).catch(() => null)) !== null);
    connection.close();
  }
  listener.close();
});
