import process from "node:process";
import fc from "fast-check";
import { runs } from "./test-depth.ts";

fc.configureGlobal({ numRuns: runs(100) });

if (process.env.FRAMEWRIGHT_TEST_DEFERRED_WRITES === "1") await deferAllWrites();

/** Makes every write that may wait for those of other sockets do so, however few sockets there are. */
async function deferAllWrites(): Promise<void> {
  const { WriteBatch } = await import("@framewright/websocket/transport");
  const { join } = WriteBatch.prototype;
  if (!Object.hasOwn(new WriteBatch(), "pauseLeft")) throw new Error("nothing would be deferred");
  WriteBatch.prototype.join = function (this: { pauseLeft: number }, flushable) {
    this.pauseLeft = 0;
    return join.call(this as unknown as InstanceType<typeof WriteBatch>, flushable);
  };
}
