import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { deflatorMemory, inflatorMemory } from "../../src/deflate/compressor-pool.ts";
import { acceptDeflateOffer, DeflateOffer } from "../../src/deflate/deflate-handshake.ts";
import { bytes, concat, cut } from "../bytes.ts";
import { receive, takeFrames, takeOutput } from "../connection/drive.ts";
import { writeFrame } from "../oracle/frame-writer.ts";
import {
  CountedCompressors,
  deflateFor,
  deflateMessage,
  openCompressed,
  settingsFor,
  takeover,
} from "./compressors.ts";

/** One end of a pipe. */
interface End {
  readonly connection: ReturnType<typeof openCompressed>;
  received: number;
  sent: number;
}

const step = fc.record({
  pair: fc.nat({ max: 5 }),
  isServer: fc.boolean(),
  what: fc.constantFrom("open", "send", "send", "fragment", "last", "broken", "close", "end"),
});

/** The memory of the open compressors, by the pool's estimate. */
function memoryOf(counted: CountedCompressors, windowBits: number, memLevel: number): number {
  let memory = 0;
  for (const deflator of counted.deflators)
    if (counted.open.has(deflator)) memory += deflatorMemory(windowBits, memLevel);
  for (const inflator of counted.inflators)
    if (counted.open.has(inflator)) memory += inflatorMemory(15);
  return memory;
}

const fragment = deflateMessage(new TextEncoder().encode("some words, some words, "));

/** The next frame of a message whose fragments are spread over several steps. */
function nextFragment(end: End, fin: boolean, role: "client" | "server"): Uint8Array {
  const first = end.received === 0;
  end.received = fin ? 0 : end.received + 1;
  return writeFrame({
    fin,
    rsv: first ? 0x40 : 0,
    opcode: first ? 1 : 0,
    // A fragment ends with a flush's tail, so that another one can follow.
    payload: concat(
      [fragment, fin ? [] : bytes("00 00 ff ff")].map((part) => Uint8Array.from(part)),
    ),
    maskingKey: role === "server" ? [1, 2, 3, 4] : undefined,
  });
}

test("memory never exceeds the limit, and all of it is released", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.constantFrom(0, 53_247, 53_248, 300_000, 500_000, 900_000, 2 ** 40),
      fc.boolean(),
      fc.record({
        windowBits: fc.integer({ min: 9, max: 15 }),
        memLevel: fc.integer({ min: 1, max: 9 }),
      }),
      (steps, maxMemory, contextTakeover, { windowBits, memLevel }) => {
        const counted = new CountedCompressors();
        const settings = settingsFor({
          compressors: counted,
          maxMemory,
          contextTakeover,
          windowBits,
          memLevel,
        });
        const { pool } = settings;
        const pairs = new Map<number, { client: End; server: End; keepsWindow: boolean }>();
        const end = (connection: End["connection"]): End => ({ connection, received: 0, sent: 0 });
        for (const { pair: number, isServer, what } of steps) {
          if (what === "open" && !pairs.has(number)) {
            const offer = new DeflateOffer(settings);
            const accepted = acceptDeflateOffer([offer.extension], settings);
            const own = accepted && offer.accept(accepted.response);
            offer.withdraw();
            if (accepted === undefined || own === undefined) throw new Error("not agreed");
            expect(own.keepsWindow).toBe(accepted.deflate.keepsWindow);
            pairs.set(number, {
              client: end(openCompressed("client", own)),
              server: end(openCompressed("server", accepted.deflate)),
              keepsWindow: own.keepsWindow,
            });
          }
          const pair = pairs.get(number);
          if (pair === undefined) continue;
          const role = isServer ? "server" : "client";
          const [near, far] = isServer ? [pair.server, pair.client] : [pair.client, pair.server];
          const isBetween = far.received === 0;
          if (what === "send" && isBetween) {
            near.connection.send(`${number} `.repeat(200));
            near.sent++;
            const wire = takeOutput(near.connection);
            // The memory for its deflator was reserved, so it always compresses.
            if (pair.keepsWindow && near.connection.state === 0) expect(wire[0]).toBe(0xc1);
            const events = receive(far.connection, [wire]);
            if (near.connection.state === 0 && far.connection.state === 0)
              expect(events).toEqual([`text ${`${number} `.repeat(200)}`]);
          }
          if (what === "fragment") receive(near.connection, [nextFragment(near, false, role)]);
          if (what === "last") receive(near.connection, [nextFragment(near, true, role)]);
          if (what === "broken" && near.received === 0) {
            const maskingKey = isServer ? [0, 0, 0, 0] : undefined;
            const bad = writeFrame({ rsv: 0x40, opcode: 2, payload: [0x06], maskingKey });
            receive(near.connection, [bad]);
          }
          if (what === "close") {
            near.connection.close(1000);
            receive(far.connection, [takeOutput(near.connection)]);
            receive(near.connection, [takeOutput(far.connection)]);
          }
          if (what === "end") {
            near.connection.end();
            far.connection.end();
            pairs.delete(number);
          }
          expect(pool.memory).toBeLessThanOrEqual(maxMemory);
          expect(pool.memory).toBeGreaterThanOrEqual(0);
        }
        for (const { client, server } of pairs.values()) {
          client.connection.end();
          server.connection.end();
        }
        // Only shared deflators and idle inflators are left for the next connections.
        expect(pool.memory).toBe(memoryOf(counted, windowBits, memLevel));
        expect(counted.open.size).toBeLessThanOrEqual(1 + 8);
      },
    ),
    { numRuns: runs(300) },
  );
});

test("an idle connection that keeps no window neither holds nor opens a compressor", () => {
  const counted = new CountedCompressors();
  const settings = settingsFor({ compressors: counted });
  const message = "so many words, so many words";
  const pairs = Array.from({ length: 100 }, () => ({
    near: openCompressed("client", deflateFor(settings)),
    far: openCompressed("server", deflateFor(settings)),
  }));
  expect([counted.open.size, settings.pool.memory]).toEqual([0, 0]);
  for (const { near, far } of pairs) {
    near.send(message);
    // In two chunks. An inflator is borrowed when the second one arrives.
    expect(receive(far, cut(takeOutput(near), [12]))).toEqual([`text ${message}`]);
  }
  expect(counted.deflators).toHaveLength(1);
  // One inflator serves all hundred messages.
  expect(counted.inflators).toHaveLength(1);
  expect(settings.pool.memory).toBe(deflatorMemory(15, 8) + inflatorMemory(15));
  for (const { near, far } of pairs) {
    near.end();
    far.end();
  }
  expect(counted.open.size).toBe(2);
});

test("each connection that keeps windows holds its own compressors and closes them at any end", () => {
  const ends: ((connection: ReturnType<typeof openCompressed>) => void)[] = [
    (connection) => connection.end(),
    (connection) => connection.end(new Error("the transport failed")),
    (connection) => void receive(connection, [bytes("88 00")]),
    (connection) => void receive(connection, [bytes("c1 01 06")]),
    (connection) => void receive(connection, [bytes("c0 01")]),
    (connection) => {
      connection.close(1000);
      receive(connection, [bytes("88 02 03 e8")]);
    },
  ];
  for (const end of ends) {
    const counted = new CountedCompressors();
    const settings = settingsFor({ compressors: counted });
    const connection = openCompressed("client", deflateFor(settings, takeover));
    connection.send("Hello");
    receive(connection, [bytes("c1 07 f2 48 cd c9 c9 07 00")]);
    expect(counted.open.size).toBe(2);
    expect(settings.pool.memory).toBe(deflatorMemory(15, 8) + inflatorMemory(15));
    end(connection);
    expect([counted.open.size, settings.pool.memory]).toEqual([0, 0]);
    expect(connection.send("Hello")).toBe(false);
    connection.end();
    expect([counted.open.size, settings.pool.memory]).toEqual([0, 0]);
  }
});

test("without any memory, messages are sent uncompressed, and compressed ones are read", () => {
  const counted = new CountedCompressors();
  const settings = settingsFor({ compressors: counted, maxMemory: 0, contextTakeover: true });
  const offer = new DeflateOffer(settings);
  const accepted = acceptDeflateOffer([offer.extension], settings);
  const deflate = accepted && offer.accept(accepted.response);
  if (deflate === undefined) throw new Error("not agreed");
  expect(deflate.keepsWindow).toBe(false);
  const connection = openCompressed("client", deflate);
  connection.send("a".repeat(5000));
  connection.send(new Uint8Array(5000));
  expect(takeFrames(connection).map(({ rsv1 }) => rsv1)).toEqual([false, false]);
  expect(receive(connection, [bytes("c1 07 f2 48 cd c9 c9 07 00")])).toEqual(["text Hello"]);
  expect(receive(connection, [bytes("41 03 f2 48 cd"), bytes("80 04 c9 c9 07 00")])).toEqual([
    "text Hello",
  ]);
  expect(counted.deflators).toHaveLength(0);
  // One inflator for each message, counted as receive memory.
  expect(counted.inflators).toHaveLength(2);
  expect([counted.open.size, settings.pool.memory]).toEqual([0, 0]);
});
