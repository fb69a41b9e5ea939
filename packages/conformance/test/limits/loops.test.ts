import { describe, expect, test } from "vitest";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { loopedLength } from "../../src/attack/modes/looping.ts";
import { until } from "../../src/attack/until.ts";
import { FrameWriter } from "../../src/frame-bytes.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
const mebibyte = 1_048_576;
const count = 1_000;
/** Length in bytes of what all get: their messages with a header of 4 bytes each. */
const total = count * (loopedLength + 4);
/**
 * Maximum growth of the resident memory in bytes. A buffer of 68 KiB for each socket would be 66
 * MiB; those of the pool are 4.25 MiB.
 */
const mayGrow = 32 * mebibyte;

describe.each(runtimes)("a loop that sends to 1,000 sockets on $name", (runtime) => {
  test.each([
    ["bytes", write.binary(Uint8Array.of(1))],
    ["text", write.text("a")],
  ])("%s: each gets the message, and buffers are used again", async (_, request) => {
    const server = await AttackedServer.start(runtime, "looping");
    try {
      let received = 0;
      const peers = [];
      for (let index = 0; index < count; index++) {
        const peer = await server.open();
        peer.socket.removeAllListeners("data");
        peer.socket.on("data", (bytes) => {
          received += bytes.length;
        });
        peers.push(peer);
      }
      const before = server.memory;
      await peers[0].send(request);
      let most = 0;
      await until(
        () => {
          most = Math.max(most, server.memory);
          return received;
        },
        (length) => length === total,
      );
      const growth = (most - before) / mebibyte;
      console.log(`${runtime.name}: resident memory grew by ${growth.toFixed(1)} MiB`);
      expect(most - before).toBeLessThan(mayGrow);
      expect(server.process.standardError).toBe("");
    } finally {
      await server.stop();
    }
  });
});
