import { afterAll, describe, expect, test } from "vitest";
import { honestDuring, printFigures } from "../../src/attack/honest-connections.ts";
import {
  type DetachmentName,
  detachments,
  fillLong,
  longCount,
  longLength,
  unusualMemory,
} from "../../src/attack/modes/detaching.ts";
import { ReplaceableServer } from "../../src/attack/replaceable-server.ts";
import { until } from "../../src/attack/until.ts";
import { FrameWriter } from "../../src/frame-bytes.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
const cases = (Object.keys(detachments) as DetachmentName[]).flatMap((detachment) => [
  { detachment, when: "at once" },
  { detachment, when: "in flight" },
]);

describe.each(runtimes)("memory that is detached while it is queued on $name", (runtime) => {
  const replaceable = new ReplaceableServer(runtime, "detaching");

  afterAll(() => replaceable.stop());

  test.each(cases)(
    "$detachment, $when: only that connection fails",
    async ({ detachment, when }) => {
      const server = await replaceable.healthy();
      const id = `${detachment} ${when}`;
      const figures = await honestDuring(server, async () => {
        const query = { id, detachment, ...(when === "in flight" ? { "in flight": "" } : {}) };
        const peer = await server.open(query);
        peer.socket.pause();
        await peer.send(write.text("go"));
        await until(
          () => server.state(),
          ({ notes }) => notes.includes(`${id}: taken away`),
        );
        peer.socket.resume();
        await peer.ended();
        peer.destroy();
        const { closes } = await until(
          () => server.state(),
          ({ closes }) => closes.some((close) => close.id === id),
        );
        expect(closes.find((close) => close.id === id)).toEqual({
          id,
          statusCode: 1006,
          wasClean: false,
          errorCode: "WS_ERR_DETACHED_BYTES",
        });
      });
      expect(figures.failures).toEqual([]);
      printFigures(`${runtime.name}, ${id}`, figures);
      expect(await server.load(250)).toBeLessThan(0.3);
      expect(server.process.isRunning).toBe(true);
      expect(server.process.standardError).toBe("");
      expect((await server.state()).errors).toEqual([]);
    },
  );

  test("memory that is already detached is refused with a TypeError", async () => {
    const server = await replaceable.healthy();
    const peer = await server.open({ gone: "" });
    await peer.send(write.text("go"));
    const answer = (await peer.takeFrame())?.payload;
    expect(Buffer.from(answer ?? []).toString()).toBe(
      "send: TypeError, offer: TypeError, prepare: TypeError, broadcast: TypeError",
    );
    peer.destroy();
  });

  test.each(Object.keys(unusualMemory))("memory that is %s arrives complete", async (memory) => {
    const server = await replaceable.healthy();
    const expected = new Uint8Array(longLength);
    fillLong(expected);
    const peer = await server.open({ memory });
    await peer.send(write.text("go"));
    for (let count = 0; count < longCount; count++) {
      const frame = await peer.takeFrame();
      expect(Buffer.compare(frame?.payload ?? new Uint8Array(0), expected)).toBe(0);
    }
    peer.destroy();
    expect(server.process.standardError).toBe("");
    expect((await server.state()).errors).toEqual([]);
  });
});
