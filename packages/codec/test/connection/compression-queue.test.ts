import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { compressionPartLength } from "../../src/connection/compression-queue.ts";
import { deflatorMemory } from "../../src/deflate/compressor-pool.ts";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { ascii, bytes, concat, pattern, resizableBuffer, resize, transfer } from "../bytes.ts";
import {
  CountedCompressors,
  deflateFor,
  noise,
  openCompressed,
  settingsFor,
  takeover,
} from "../deflate/compressors.ts";
import { SentFrameReader } from "../oracle/compressed-messages.ts";
import { frameFor } from "../oracle/frame-writer.ts";
import { eventsOf, type Role, takeOutput } from "./drive.ts";

const roles = ["client", "server"] as const;
type Conn = ReturnType<typeof openCompressed>;

/** Short lengths, and lengths on both sides of what is compressed in one turn. */
const lengths = [
  ...[0, 1, 5, 200, 5000, 70_000, compressionPartLength - 1, compressionPartLength],
  ...[
    compressionPartLength + 1,
    300_000,
    2 * compressionPartLength,
    2 * compressionPartLength + 1,
    800_000,
  ],
];
const words = "so many words, and others beside them; ".repeat(25_000);
const random = noise(800_000);
const euros = "\u20ac".repeat(300_000);

const content = fc.record({
  kind: fc.constantFrom("text", "euros", "binary", "noise", "prepared"),
  length: fc.constantFrom(...lengths),
});

function makeData({ kind, length }: { kind: string; length: number }) {
  if (kind === "text") return words.slice(0, length);
  if (kind === "euros") return euros.slice(0, length >> 1);
  if (kind === "prepared") return prepareMessage(words.slice(0, Math.min(length, 5000)));
  return kind === "noise" ? random.slice(0, length) : new Uint8Array(length).fill(length);
}

const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("send" as const), content }) },
  { weight: 3, arbitrary: fc.constant({ kind: "compress" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "take" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "ping" as const }) },
);
const ending = fc.constantFrom("complete", "close", "peer", "end");

const utf8 = new TextEncoder();

/** The opcode and the bytes that a message must have when it is received. */
function expectedOf(data: string | Uint8Array): [number, Uint8Array] {
  return typeof data === "string" ? [1, utf8.encode(data)] : [2, data.slice()];
}

function sendAny(connection: Conn, data: string | Uint8Array | ReturnType<typeof prepareMessage>) {
  const sent =
    typeof data === "string" || data instanceof Uint8Array
      ? connection.send(data)
      : connection.sendPrepared(data);
  expect(sent).toBe(true);
  return expectedOf(typeof data === "string" || data instanceof Uint8Array ? data : data.data);
}

function compressAll(connection: Conn): void {
  for (let turns = 0; connection.isCompressing; turns++) {
    if (turns > 1000) throw new Error("it is never done");
    connection.compress();
  }
}

/** The peer's Close frame, masked if the receiver is a server. */
const closeFrame = (role: Role) => frameFor(role, { opcode: 8, payload: bytes("03e8") });

test("messages are sent whole and in order, and no memory is kept, however the connection ends", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...roles),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(0, 1_000, 400_000),
      fc.array(command, { maxLength: 12 }),
      ending,
      (role, keepsWindow, hasMemory, threshold, commands, ending) => {
        const counted = new CountedCompressors();
        // Without memory and without windows, long messages are sent uncompressed.
        const maxMemory = hasMemory || keepsWindow ? 2 ** 40 : 0;
        const settings = settingsFor({ compressors: counted, threshold, maxMemory });
        const connection = openCompressed(role, deflateFor(settings, keepsWindow ? takeover : {}));
        const expected: [number, Uint8Array][] = [];
        let pings = 0;
        const wire: Uint8Array[] = [];
        for (const command of commands) {
          if (command.kind === "send")
            expected.push(sendAny(connection, makeData(command.content)));
          else if (command.kind === "compress") connection.compress();
          else if (command.kind === "take") wire.push(takeOutput(connection));
          else if (connection.ping(pattern(3))) pings++;
        }
        let closes = 1;
        if (ending === "complete") {
          compressAll(connection);
          closes = 0;
        } else if (ending === "close") {
          connection.close(1000);
        } else if (ending === "peer") {
          connection.receive(closeFrame(role));
          expect(eventsOf(connection)).toEqual(['closed 1000 "" clean']);
        } else {
          connection.end();
          closes = 0;
        }
        expect(connection.isCompressing).toBe(false);
        connection.compress();
        wire.push(takeOutput(connection));
        expect(connection.bufferedAmount).toBe(0);
        const frames = new SentFrameReader(keepsWindow).read(concat(wire));
        expect(frames.filter(({ opcode }) => opcode === 9)).toHaveLength(pings);
        expect(frames.filter(({ opcode }) => opcode === 8)).toHaveLength(closes);
        if (closes > 0) expect(frames.at(-1)?.opcode).toBe(8);
        expect(frames.every(({ masked }) => masked === (role === "client"))).toBe(true);
        const messages = frames.filter(({ opcode }) => opcode < 8);
        // Only messages that wait for compression when the transport ends are lost.
        if (ending !== "end") expect(messages).toHaveLength(expected.length);
        for (const [index, { opcode, data, rsv1 }] of messages.entries()) {
          expect(opcode).toBe(expected[index][0]);
          expect(Buffer.compare(data, expected[index][1])).toBe(0);
          expect(rsv1 && data.length < threshold).toBe(false);
        }
        connection.end();
        // The shared deflator stays open if one was needed.
        expect(counted.open.size).toBeLessThanOrEqual(keepsWindow || !hasMemory ? 0 : 1);
        expect(settings.pool.memory).toBe(counted.open.size * deflatorMemory(15, 8));
      },
    ),
    { numRuns: runs(60) },
  );
});

describe("CompressionQueue", () => {
  const open = (agreement = {}, choice = {}, role: Role = "server") =>
    openCompressed(role, deflateFor(settingsFor(choice), agreement));

  test("compresses one part per turn", () => {
    const connection = open();
    connection.send(new Uint8Array(5 * compressionPartLength));
    const turns: number[] = [];
    while (connection.isCompressing) {
      turns.push(connection.bufferedAmount);
      expect(connection.peek()).toBeUndefined();
      connection.compress();
    }
    expect(turns).toEqual(Array(5).fill(5 * compressionPartLength));
    expect(connection.bufferedAmount).toBeLessThan(10_000);
    connection.end();
  });

  test("compresses a bounded number of short messages per turn", () => {
    const connection = open();
    connection.send(new Uint8Array(compressionPartLength + 1));
    for (let i = 0; i < 1000; i++) connection.send("short");
    const reader = new SentFrameReader(false);
    const counts: number[] = [];
    while (connection.isCompressing) {
      connection.compress();
      counts.push(reader.read(takeOutput(connection)).length);
    }
    expect(counts[0]).toBe(0);
    expect(counts.reduce((sum, count) => sum + count)).toBe(1001);
    expect(Math.max(...counts)).toBeLessThanOrEqual(257);
  });

  test("compresses a short message behind a long one if that makes it shorter", () => {
    const connection = open();
    connection.send(words);
    connection.send("x".repeat(1_000));
    connection.send("x");
    compressAll(connection);
    const frames = new SentFrameReader(false).read(takeOutput(connection));
    expect(frames.map(({ data }) => data.length)).toEqual([words.length, 1_000, 1]);
    expect(frames.map(({ rsv1 }) => rsv1)).toEqual([true, true, false]);
  });

  test("an empty message behind a long one that ends with a turn is sent", () => {
    for (const empty of ["", new Uint8Array(0)]) {
      const connection = open();
      connection.send(new Uint8Array(2 * compressionPartLength));
      connection.send(empty);
      compressAll(connection);
      const frames = new SentFrameReader(false).read(takeOutput(connection));
      expect(frames.map(({ data }) => data.length)).toEqual([2 * compressionPartLength, 0]);
    }
  });

  test("a Close frame flushes messages behind one that is partly compressed", () => {
    for (const role of roles) {
      const connection = open(takeover, {}, role);
      connection.send(words);
      connection.send("short, short, short");
      connection.compress();
      connection.send(words.slice(0, 1000));
      connection.close(1000);
      const frames = new SentFrameReader(true).read(takeOutput(connection));
      const sent = [words, "short, short, short", words.slice(0, 1000)].map(ascii);
      expect(frames.slice(0, 3).map(({ data }, i) => Buffer.compare(data, sent[i]))).toEqual([
        0, 0, 0,
      ]);
      expect(frames.map(({ opcode }) => opcode)).toEqual([1, 1, 1, 8]);
    }
  });

  test("prepared messages keep their order, also when a Close frame flushes them", () => {
    for (const closes of [false, true]) {
      const connection = open();
      connection.send(words);
      connection.sendPrepared(prepareMessage("one, one, one, one, one"));
      connection.send("two");
      if (closes) connection.close(1000);
      compressAll(connection);
      const frames = new SentFrameReader(false).read(takeOutput(connection));
      expect(frames.slice(0, 3).map(({ data }) => data.length)).toEqual([words.length, 23, 3]);
      expect(frames.map(({ rsv1 }) => rsv1)).toEqual(
        closes ? [false, true, false, false] : [true, true, false],
      );
    }
  });

  test("a long message is sent uncompressed if memory is missing or it would not become shorter", () => {
    for (const role of roles) {
      const connections = [
        open({}, { maxMemory: 0 }, role),
        open({}, {}, role),
        open(takeover, {}, role),
      ];
      const sent = [words.slice(0, 300_000), random.slice(0, 300_000), random.slice(0, 300_000)];
      for (const [index, connection] of connections.entries()) {
        connection.send(sent[index]);
        expect(connection.isCompressing).toBe(true);
        compressAll(connection);
        const wire = takeOutput(connection);
        const [{ rsv1, data }] = new SentFrameReader(true).read(wire);
        // With context takeover it is sent compressed, because the window has moved.
        expect(rsv1).toBe(index === 2);
        expect(Buffer.compare(data, expectedOf(sent[index])[1])).toBe(0);
        connection.end();
      }
    }
  });

  test("opens no compressor after the transport has ended", () => {
    const counted = new CountedCompressors();
    const settings = settingsFor({ compressors: counted });
    const connection = openCompressed("server", deflateFor(settings, takeover));
    connection.send(words);
    connection.compress();
    connection.end();
    connection.compress();
    expect([connection.isCompressing, connection.bufferedAmount]).toEqual([false, 0]);
    expect([counted.open.size, settings.pool.memory]).toEqual([0, 0]);
  });

  test("copies short, resizable and shared bytes, and refers to other long ones", () => {
    const connection = open();
    const short = ascii("short");
    const resizable = new Uint8Array(resizableBuffer(300_000));
    const shared = new Uint8Array(new SharedArrayBuffer(300_000));
    connection.send(words);
    for (const data of [short, resizable, shared]) {
      data.fill(7);
      connection.send(data);
      data.fill(9);
    }
    resize(resizable.buffer, 10);
    compressAll(connection);
    const frames = new SentFrameReader(false).read(takeOutput(connection));
    expect(frames.map(({ data }) => data.length)).toEqual([words.length, 5, 300_000, 300_000]);
    for (const { data } of frames.slice(1)) expect(data.every((byte) => byte === 7)).toBe(true);
    expect(connection.isOutputBroken).toBe(false);
  });

  test.each(["waiting", "begun", "flushed"])(
    "is broken by the transfer of bytes that it still needs: %s",
    (when) => {
      for (const agreement of [{}, takeover]) {
        const connection = open(agreement);
        const other = open(agreement);
        const data = new Uint8Array(3 * compressionPartLength);
        if (when === "waiting") connection.send(words);
        connection.send(data);
        other.send(words);
        if (when === "begun") connection.compress();
        transfer(data);
        if (when === "flushed") connection.close(1000);
        for (let turn = 0; turn < 10; turn++) connection.compress();
        expect(connection.isOutputBroken).toBe(true);
        compressAll(other);
        expect(new SentFrameReader(false).read(takeOutput(other))).toHaveLength(1);
        expect(other.isOutputBroken).toBe(false);
        connection.end(new Error("broken"));
        other.end();
      }
    },
  );
});
