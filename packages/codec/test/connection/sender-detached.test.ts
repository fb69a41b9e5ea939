import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { Connection } from "../../src/connection/connection.ts";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { bytes, concat, pattern, resizableBuffer, resize, transfer } from "../bytes.ts";
import { deflateFor, openCompressed, settingsFor, takeover } from "../deflate/compressors.ts";
import { SentFrameReader } from "../oracle/compressed-messages.ts";
import { frameFor } from "../oracle/frame-writer.ts";
import { describeEvent, openConnection, takeOutput } from "./drive.ts";

const step = fc.oneof(
  fc.record({
    kind: fc.constant("send" as const),
    length: fc.constantFrom(0, 10, 65_536, 65_537, 300_000, 1_500_000),
    memory: fc.constantFrom("plain", "resizable", "shared"),
  }),
  fc.record({
    kind: fc.constant("write" as const),
    most: fc.constantFrom(1, 1000, 70_000, 2 ** 31),
  }),
  fc.record({ kind: fc.constant("lose" as const), which: fc.nat() }),
  fc.constant({ kind: "compress" as const }),
  fc.constant({ kind: "release" as const }),
);

function makeArray(length: number, memory: string, seed: number): Uint8Array {
  const array =
    memory === "plain"
      ? new Uint8Array(length)
      : new Uint8Array(
          memory === "shared" ? new SharedArrayBuffer(length) : resizableBuffer(length),
        );
  return array.fill(seed);
}

/** A server's connection and the bytes that it has sent. */
class Sender {
  readonly connection: Connection;
  readonly expected: { length: number; seed: number; array: Uint8Array; memory: string }[] = [];
  readonly wire: Uint8Array[] = [];
  /** Whether bytes were transferred that the connection may still need. */
  mayBreak = false;

  constructor(compresses: boolean) {
    this.connection = compresses
      ? openCompressed("server", deflateFor(settingsFor({ threshold: 1000 }), takeover))
      : openConnection("server");
  }

  send(length: number, memory: string): void {
    const seed = this.expected.length & 0xff;
    const array = makeArray(length, memory, seed);
    expect(this.connection.send(array)).toBe(true);
    this.expected.push({ length, seed, array, memory });
  }

  write(most: number): void {
    const piece = this.connection.peek();
    if (piece === undefined) return;
    const taken = piece.slice(0, most);
    this.wire.push(taken);
    this.connection.advance(taken.length);
  }

  /** Transfers or shrinks the memory of a sent message, as a user may. */
  lose(which: number): void {
    const sent = this.expected[which % Math.max(this.expected.length, 1)];
    if (sent === undefined || sent.array.length === 0 || sent.memory === "shared") return;
    if (sent.memory === "resizable") return resize(sent.array.buffer, 1);
    transfer(sent.array);
    // Shorter messages were copied.
    if (sent.length > 65_536) this.mayBreak = true;
  }

  finish(): void {
    for (let turn = 0; this.connection.isCompressing && turn < 100; turn++)
      this.connection.compress();
    while (this.connection.peek() !== undefined) this.write(2 ** 31);
  }

  check(): void {
    const { connection, expected, mayBreak, wire } = this;
    if (!mayBreak) expect(connection.isOutputBroken).toBe(false);
    if (connection.isOutputBroken) return;
    const frames = new SentFrameReader(true).read(concat(wire));
    const sent = expected.map(({ length, seed }) => new Uint8Array(length).fill(seed));
    expect(frames).toHaveLength(sent.length);
    for (const [index, { data }] of frames.entries())
      expect(Buffer.compare(data, sent[index])).toBe(0);
  }
}

test("transferred or resized memory never changes the output; at most its own connection is broken", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { maxLength: 15 }), (compresses, steps) => {
      const [sender, other] = [new Sender(compresses), new Sender(compresses)];
      for (const step of steps) {
        if (step.kind === "send") {
          sender.send(step.length, step.memory);
          other.send(step.length, step.memory);
        } else if (step.kind === "write") {
          sender.write(step.most);
          other.write(step.most);
        } else if (step.kind === "lose") sender.lose(step.which);
        else {
          for (const { connection } of [sender, other]) {
            if (step.kind === "compress") connection.compress();
            else connection.releaseOutput();
          }
        }
      }
      for (const side of [sender, other]) {
        side.finish();
        side.check();
        side.connection.releaseOutput();
        side.connection.end();
      }
      expect(other.connection.isOutputBroken).toBe(false);
    }),
    { numRuns: runs(100) },
  );
});

describe("a connection whose sent bytes are transferred", () => {
  test("is broken if they wait, and sends none of them", () => {
    const connection = openConnection("server");
    const data = pattern(100_000);
    connection.send(data);
    connection.advance((connection.peek() as Uint8Array).length);
    transfer(data);
    expect(connection.peek()).toBeUndefined();
    expect(connection.isOutputBroken).toBe(true);
  });

  test("is broken if they are in flight, and its queue is not reused", () => {
    const connection = openConnection("server");
    const data = pattern(100_000);
    connection.send(data);
    takeOutput(connection);
    transfer(data);
    connection.releaseOutput();
    expect(connection.isOutputBroken).toBe(true);
    for (let i = 0; i < 3; i++) {
      const other = openConnection("server");
      other.send("fine");
      expect(other.isOutputBroken).toBe(false);
      expect(takeOutput(other)).toEqual(bytes("81 04 66 69 6e 65"));
      other.releaseOutput();
    }
  });

  test("is not affected after they were released", () => {
    const connection = openConnection("server");
    const data = pattern(100_000);
    connection.send(data);
    takeOutput(connection);
    connection.releaseOutput();
    transfer(data);
    connection.send("fine");
    expect(takeOutput(connection)).toEqual(bytes("81 04 66 69 6e 65"));
    expect(connection.isOutputBroken).toBe(false);
  });

  test("is not affected as a client, which masks them into a copy", () => {
    const connection = openConnection("client");
    const data = pattern(100_000);
    connection.send(data);
    transfer(data);
    const [frame] = new SentFrameReader(false).read(takeOutput(connection));
    expect(Buffer.compare(frame.data, pattern(100_000))).toBe(0);
  });

  test("throws in any state if they are sent afterwards", () => {
    for (const connection of [openConnection("server"), openCompressed("client", deflateFor())]) {
      const data = pattern(100_000);
      const prepared = prepareMessage(pattern(100));
      transfer(data);
      transfer(prepared.frame);
      const fault = expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" });
      for (let turn = 0; turn < 2; turn++) {
        expect(() => connection.send(data)).toThrow(fault);
        expect(() => connection.sendPrepared(prepared)).toThrow(fault);
        connection.close();
      }
      expect(connection.send(new Uint8Array(0))).toBe(false);
    }
  });
});

test("discardOutput drops the waiting output but not the received events", () => {
  const connection = openCompressed("server", deflateFor(), { maxFramesPerTurn: 1 });
  connection.send(new Uint8Array(600_000));
  connection.send("a");
  const message = frameFor("server", { opcode: 1, payload: bytes("61") });
  const ping = frameFor("server", { opcode: 9, payload: bytes("61") });
  connection.receive(concat([message, ping]));
  expect(connection.next()).toBe(ConnectionEvent.Message);
  connection.discardOutput();
  expect([connection.bufferedAmount, connection.isCompressing]).toEqual([0, false]);
  expect([connection.send("b"), connection.pong(bytes("")), connection.close()]).toEqual([
    false,
    false,
    false,
  ]);
  connection.startTurn();
  expect(connection.next()).toBe(ConnectionEvent.Ping);
  connection.end();
  expect(describeEvent(connection, connection.next())).toBe('closed 1006 ""');
  expect(connection.peek()).toBeUndefined();
});

test("a borrowed chunk that is transferred before its end fails the connection with 1011", () => {
  for (const cutAt of [1, 3, 300]) {
    const connection = openConnection("client", { borrowedMessages: true });
    const message = frameFor("client", { opcode: 2, payload: pattern(500) });
    connection.receive(concat([message, message.subarray(0, cutAt)]));
    expect(connection.next()).toBe(ConnectionEvent.Message);
    transfer(connection.message as Uint8Array);
    expect(describeEvent(connection, connection.next())).toBe("closed 1011 WS_ERR_DETACHED_BYTES");
  }
});

test("pong sends an unsolicited Pong", () => {
  const connection = openConnection("server");
  expect(connection.pong(bytes("01 02"))).toBe(true);
  expect(takeOutput(connection)).toEqual(bytes("8a 02 01 02"));
});
