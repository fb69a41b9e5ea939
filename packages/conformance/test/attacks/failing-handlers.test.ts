import { afterAll, describe, expect, test } from "vitest";
import type { AttackedServer } from "../../src/attack/attacked-server.ts";
import { honestDuring } from "../../src/attack/honest-connections.ts";
import {
  type FailingHandler,
  type FailureName,
  failingHandlers,
  failures,
} from "../../src/attack/modes/failing.ts";
import type { ModeName } from "../../src/attack/modes/table.ts";
import { ReplaceableServer } from "../../src/attack/replaceable-server.ts";
import { until } from "../../src/attack/until.ts";
import { concat, FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";
import { receivedLine } from "../../src/transcript.ts";

const write = new FrameWriter("client");
const failureNames = Object.keys(failures) as FailureName[];
/** A failure outside the handler's own call, for the tests of one handler only. */
const rejects = "rejects later" satisfies FailureName;

/** Opens a connection on which a handler fails. */
async function openFailing(
  server: AttackedServer,
  id: string,
  handler: FailingHandler,
  failure: FailureName,
  second: FailureName = "throws",
): Promise<RawPeer> {
  const peer = await server.open({ id, handler, failure, second });
  if (handler === "message" || handler === "wire") await peer.send(write.text("fail"));
  if (handler === "pong") await peer.send(write.pong());
  if (handler === "drain") {
    peer.socket.pause();
    await peer.send(write.text("fill"));
    await until(
      () => server.state(),
      ({ notes }) => notes.includes(`output for ${id} is queued`),
    );
    peer.socket.resume();
  }
  return peer;
}

/** Returns the line of the Close frame, skipping earlier frames. */
async function closeFrame(peer: RawPeer): Promise<string> {
  for (;;) {
    const frame = await peer.takeFrame();
    if (frame === undefined || frame.opcode === opcodes.close) return receivedLine(frame);
  }
}

/** Matches the line of a Close frame with 1011 and any reason. */
const internalError = /^unmasked close 1011/;

describe.each(runtimes)("handlers that fail on $name", (runtime) => {
  const start = (mode: ModeName, mayPrint = false) =>
    new ReplaceableServer(runtime, mode, { closeTimeout: 2_000 }, mayPrint);
  const servers = {
    reporting: start("failing"),
    unreporting: start("failing-unreported", true),
    misreporting: start("failing-error", true),
    settlingTwice: start("settling-twice"),
  };

  afterAll(async () => {
    for (const server of Object.values(servers)) await server.stop();
  });

  const closing = failingHandlers.filter((handler) => handler !== "close");
  const combinations = closing.flatMap((handler) =>
    failureNames.map((failure) => ({ handler, failure })),
  );

  test.each(combinations)(
    "$handler $failure: 1011, one report, and all others continue",
    async ({ handler, failure }) => {
      const server = await servers.reporting.healthy();
      const id = `${handler} ${failure}`;
      const figures = await honestDuring(
        server,
        async () => {
          const peer = await openFailing(server, id, handler, failure);
          expect(await closeFrame(peer)).toMatch(internalError);
          await peer.send(write.close(1011));
          await peer.ended();
          peer.destroy();
          const { closes } = await until(
            () => server.state(),
            ({ closes }) => closes.some((close) => close.id === id),
          );
          expect(closes.find((close) => close.id === id)).toEqual({
            id,
            statusCode: 1011,
            wasClean: true,
          });
        },
        2,
      );
      expect(figures.failures).toEqual([]);
      expect((await server.state()).errors.filter((error) => error === `fault of ${id}`)).toEqual([
        `fault of ${id}`,
      ]);
      expect(server.process.isRunning).toBe(true);
      expect(server.process.standardError).toBe("");
    },
  );

  const ends = ["is reset", "is closed", "ends"] as const;
  const closeCombinations = failureNames.flatMap((failure) =>
    ends.map((end) => ({ failure, end })),
  );

  test.each(closeCombinations)(
    "close $failure when the connection $end",
    async ({ failure, end }) => {
      const server = await servers.reporting.healthy();
      const id = `close ${failure} ${end}`;
      const figures = await honestDuring(
        server,
        async () => {
          const peer = await openFailing(server, id, "close", failure);
          if (end === "is reset") peer.reset();
          else if (end === "is closed") await peer.send(write.close(1000));
          peer.end();
          await until(
            () => server.state(),
            ({ errors }) => errors.includes(`fault of ${id}`),
          );
          peer.destroy();
        },
        2,
      );
      expect(figures.failures).toEqual([]);
      const { errors, closes } = await server.state();
      expect(errors.filter((error) => error === `fault of ${id}`)).toHaveLength(1);
      expect(closes.filter((close) => close.id === id)).toHaveLength(1);
      expect(server.process.isRunning).toBe(true);
      expect(server.process.standardError).toBe("");
    },
  );

  test.each(failingHandlers)(
    "without an error handler, the error of %s is printed",
    async (handler) => {
      const server = await servers.unreporting.healthy();
      const id = `unreported ${handler}`;
      const peer = await openFailing(server, id, handler, rejects);
      if (handler === "close") peer.reset();
      else expect(await closeFrame(peer)).toMatch(internalError);
      await until(
        () => server.process.standardError,
        (printed) => printed.includes(`fault of ${id}`),
      );
      peer.destroy();
      expect(await server.isServing()).toBe(true);
      expect(server.process.isRunning).toBe(true);
    },
  );

  test.each(failureNames)("an error handler that also fails: %s", async (second) => {
    const server = await servers.misreporting.healthy();
    const before = server.process.standardError.length;
    const peer = await openFailing(server, second, "message", "throws", second);
    expect(await closeFrame(peer)).toMatch(internalError);
    await until(
      () => server.process.standardError.slice(before),
      (printed) => printed.includes("fault of the error handler"),
    );
    peer.destroy();
    expect(await server.isServing()).toBe(true);
    expect(server.process.isRunning).toBe(true);
  });

  test("a thenable that settles twice does not let two messages be handled at once", async () => {
    const server = await servers.settlingTwice.healthy();
    const peer = await server.open();
    await peer.send(concat(write.text("twice"), write.text("second"), write.text("third")));
    const { notes } = await until(
      () => server.state(),
      ({ notes }) => notes.length === 3,
    );
    expect(notes).toEqual(["twice, 0 under way", "second, 0 under way", "third, 0 under way"]);
    peer.destroy();
    expect(server.process.standardError).toBe("");
  });
});
