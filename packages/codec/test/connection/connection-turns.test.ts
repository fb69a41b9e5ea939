import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { Connection, ConnectionOptions } from "../../src/connection/connection.ts";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { role as anyRole, chunkSizes, legalFrames, wireFor } from "../arbitraries.ts";
import { ascii, bytes, concat, cut, hex, pattern, transfer } from "../bytes.ts";
import { deflateFor, deflateMessage, openCompressed, settingsFor } from "../deflate/compressors.ts";
import { type FrameToWrite, frameFor } from "../oracle/frame-writer.ts";
import { describeEvent, openConnection, type Role, takeOutput } from "./drive.ts";

/** All events of a chunk, with a new turn after each Yield, and the number of Yields. */
function eventsInTurns(connection: Connection, chunk: Uint8Array, retains: boolean) {
  const events: string[] = [];
  let yields = 0;
  connection.receive(chunk);
  for (;;) {
    const event = connection.next();
    if (event === ConnectionEvent.NeedData) break;
    if (event !== ConnectionEvent.Yield) {
      events.push(describeEvent(connection, event));
      continue;
    }
    expect(connection.next()).toBe(ConnectionEvent.Yield);
    if (retains) {
      connection.retainInput();
      chunk.fill(0xee);
    }
    connection.startTurn();
    if (++yields > 1_000_000) throw new Error("it goes round in circles");
  }
  chunk.fill(0xee);
  return { events, yields };
}

function run(make: () => Connection, chunks: readonly Uint8Array[], retains: boolean) {
  const connection = make();
  const parts = chunks.map((chunk) => eventsInTurns(connection, chunk, retains));
  const events = parts.flatMap((part) => part.events);
  const yields = parts.reduce((sum, part) => sum + part.yields, 0);
  const output = hex(takeOutput(connection));
  connection.end();
  return { events, yields, output };
}

const broken = fc.constantFrom<FrameToWrite[]>(
  [],
  [
    { opcode: 8, payload: bytes("03e8") },
    { opcode: 1, payload: ascii("late") },
  ],
  [{ opcode: 3 }],
  [{ opcode: 1, payload: bytes("c328") }],
  [{ opcode: 1, rsv: 0x40, payload: bytes("06") }],
  [{ opcode: 1, rsv: 0x40, payload: deflateMessage(bytes("ff")) }],
  [{ opcode: 2, rsv: 0x40, payload: deflateMessage(new Uint8Array(1_500_000)) }],
);

/** A compressed message in fragments, with a length around each threshold. */
const compressed: fc.Arbitrary<FrameToWrite[]> = fc
  .record({
    opcode: fc.constantFrom(1, 2),
    length: fc.constantFrom(
      0,
      5,
      1000,
      65_535,
      65_536,
      65_537,
      300_000,
      1_048_576,
      1_048_577,
      1_400_000,
    ),
    size: fc.constantFrom(1, 100, 1 << 20),
  })
  .map(({ opcode, length, size }) => {
    const payload = deflateMessage(new Uint8Array(length).fill(0x61));
    const pieces = cut(payload, [size + (payload.length >> 4)]);
    return pieces.map((piece, index) => ({
      fin: index === pieces.length - 1,
      rsv: index === 0 ? 0x40 : 0,
      opcode: index === 0 ? opcode : 0,
      payload: piece,
    }));
  });

const frames = fc
  .array(fc.oneof({ weight: 3, arbitrary: legalFrames }, { weight: 2, arbitrary: compressed }), {
    maxLength: 4,
  })
  .map((groups) => groups.flat());

test("turns of any length change neither the events nor the output", () => {
  fc.assert(
    fc.property(
      fc.record({
        role: anyRole,
        borrowedMessages: fc.boolean(),
        maxFramesPerTurn: fc.constantFrom(undefined, 1, 2, 7),
        maxInflatedPerTurn: fc.constantFrom(undefined, 1, 1000, 70_000, 200_000),
        retains: fc.boolean(),
      }),
      frames,
      broken,
      chunkSizes,
      (choice, frames, broken, sizes) => {
        const { role, retains, ...limits } = choice;
        const wire = wireFor(role, [...frames, ...broken]);
        const makeWith = (options: Partial<ConnectionOptions>) => () =>
          openCompressed(role, deflateFor(settingsFor({ maxMessageSize: 1_450_000 })), {
            maxMessageSize: 1_450_000,
            ...options,
          });
        const expected = run(makeWith({}), [wire.slice()], false);
        expect(expected.yields).toBe(0);
        const chunks = cut(
          wire,
          sizes.map((size) => size + (wire.length >> 9)),
        );
        const given = Object.fromEntries(
          Object.entries(limits).filter(([, value]) => value !== undefined),
        );
        const { events, output } = run(makeWith(given), chunks, retains);
        expect(events.length).toBe(expected.events.length);
        expect(events.every((event, index) => event === expected.events[index])).toBe(true);
        expect(output).toBe(expected.output);
      },
    ),
    { numRuns: runs(80) },
  );
});

test("a turn ends after maxFramesPerTurn frames, and not before", () => {
  const role: Role = "client";
  const connection = openConnection(role, { maxFramesPerTurn: 3 });
  const wire = concat(Array(7).fill(frameFor(role, { opcode: 1, payload: ascii("a") })));
  connection.receive(wire);
  const events: number[] = [];
  for (let i = 0; i < 10; i++) {
    const event = connection.next();
    events.push(event);
    if (event === ConnectionEvent.Yield) connection.startTurn();
  }
  expect(events).toEqual([1, 1, 1, 5, 1, 1, 1, 5, 1, 0]);
});

test("a turn ends after maxInflatedPerTurn inflated bytes, within or between messages", () => {
  const payload = deflateMessage(new Uint8Array(400_000));
  const message = frameFor("client", { opcode: 2, rsv: 0x40, payload });
  const connection = openCompressed("client", deflateFor(), { maxInflatedPerTurn: 100_000 });
  connection.receive(concat([message, message]));
  let turns = 0;
  const inflating: boolean[] = [];
  for (let left = 2; left > 0; ) {
    const event = connection.next();
    if (event === ConnectionEvent.Message) left--;
    if (event !== ConnectionEvent.Yield) continue;
    inflating.push(connection.isInflating);
    connection.startTurn();
    turns++;
  }
  expect(inflating).toContain(true);
  // Each turn inflates 131,072 bytes. Joining the gathered pieces takes turns as well.
  expect(turns).toBeGreaterThanOrEqual(6);
  expect(turns).toBeLessThanOrEqual(12);
  expect(connection.isInflating).toBe(false);
  connection.end();
});

test("without limits there is no Yield, however much is inflated", () => {
  const payload = deflateMessage(new Uint8Array(1 << 20));
  const message = frameFor("client", { opcode: 2, rsv: 0x40, payload });
  const connection = openCompressed("client", deflateFor());
  for (let i = 0; i < runs(1_100); i++) {
    connection.receive(message);
    expect(connection.next()).toBe(ConnectionEvent.Message);
    expect(connection.next()).toBe(ConnectionEvent.NeedData);
  }
  connection.end();
});

test("the transport's end frees the memory of a message that is being inflated", () => {
  const payload = deflateMessage(pattern(400_000));
  const settings = settingsFor();
  const connection = openCompressed("client", deflateFor(settings), { maxInflatedPerTurn: 1 });
  connection.receive(frameFor("client", { opcode: 2, rsv: 0x40, payload }));
  expect(connection.next()).toBe(ConnectionEvent.Yield);
  expect(connection.isInflating).toBe(true);
  connection.end();
  expect(connection.isInflating).toBe(false);
  expect(connection.next()).toBe(ConnectionEvent.Closed);
});

test("a chunk that is transferred during a turn is detected in the next one", () => {
  for (const more of ["retain", "receive", "nothing"]) {
    const connection = openConnection("client", { maxFramesPerTurn: 1, borrowedMessages: true });
    const message = frameFor("client", { opcode: 2, payload: pattern(500) });
    connection.receive(concat([message, message]));
    expect(connection.next()).toBe(ConnectionEvent.Message);
    transfer(connection.message as Uint8Array);
    expect(connection.next()).toBe(ConnectionEvent.Yield);
    if (more === "retain") connection.retainInput();
    if (more === "receive") connection.receive(message.slice());
    connection.startTurn();
    expect(connection.next()).toBe(ConnectionEvent.Closed);
    expect(describeEvent(connection, ConnectionEvent.Closed)).toBe(
      "closed 1011 WS_ERR_DETACHED_BYTES",
    );
  }
});
