import { expect, test } from "vitest";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { ascii, bytes, hex } from "../bytes.ts";
import { deflateFor, openCompressed } from "../deflate/compressors.ts";
import { SentFrameReader } from "../oracle/compressed-messages.ts";
import { frameFor } from "../oracle/frame-writer.ts";
import { eventsOf, takeOutput } from "./drive.ts";

test("a long message and those behind it wait to be compressed; control frames do not", () => {
  const connection = openCompressed("server", deflateFor());
  expect([connection.bufferedAmount, connection.isCompressing]).toEqual([0, false]);
  connection.compress();
  connection.send(new Uint8Array(600_000));
  expect([connection.bufferedAmount, connection.isCompressing]).toEqual([600_000, true]);
  connection.sendPrepared(prepareMessage("one, one, one, one, one"));
  connection.send("two");
  connection.ping(ascii("p"));
  const reader = new SentFrameReader(false);
  expect(reader.read(takeOutput(connection)).map(({ opcode }) => opcode)).toEqual([9]);
  for (let turn = 0; turn < 3; turn++) connection.compress();
  expect(connection.isCompressing).toBe(false);
  const frames = reader.read(takeOutput(connection));
  expect(frames.map(({ opcode, data }) => [opcode, data.length])).toEqual([
    [2, 600_000],
    [1, 23],
    [1, 3],
  ]);
  expect(connection.bufferedAmount).toBe(0);
  connection.end();
});

test("a message of up to 262,144 bytes does not wait, nor one that is never compressed", () => {
  const connection = openCompressed("client", deflateFor());
  connection.send(new Uint8Array(262_144));
  expect(connection.isCompressing).toBe(false);
  connection.send(new Uint8Array(262_145));
  expect(connection.isCompressing).toBe(true);
  connection.end();
  const plain = openCompressed("client", deflateFor(undefined, { sendWindowBits: 8 }));
  plain.send(new Uint8Array(300_000));
  expect(plain.isCompressing).toBe(false);
  plain.end();
});

test("a Ping is answered while a message waits to be compressed", () => {
  const connection = openCompressed("server", deflateFor());
  connection.send(new Uint8Array(300_000));
  for (const payload of ["01", "02"]) {
    connection.receive(frameFor("server", { opcode: 9, payload: bytes(payload) }));
    expect(eventsOf(connection)).toEqual([`ping ${payload}`]);
  }
  expect(hex(takeOutput(connection))).toBe("8a01018a0102");
  while (connection.isCompressing) connection.compress();
  const frames = new SentFrameReader(false).read(takeOutput(connection));
  expect(frames.map(({ opcode }) => opcode)).toEqual([2]);
  connection.end();
});

test("a fault is reported at once and drops messages that wait to be compressed", () => {
  const connection = openCompressed("server", deflateFor());
  connection.send(new Uint8Array(300_000));
  connection.receive(frameFor("server", { opcode: 3 }));
  expect(eventsOf(connection)).toEqual(["closed 1002 WS_ERR_INVALID_OPCODE"]);
  expect(connection.isCompressing).toBe(false);
  const frames = new SentFrameReader(false).read(takeOutput(connection));
  expect(frames.map(({ opcode }) => opcode)).toEqual([8]);
});

test("a Close frame does not hide that waiting bytes were transferred", () => {
  const connection = openCompressed("server", deflateFor());
  const message = new Uint8Array(300_000);
  connection.send(message);
  structuredClone(message, { transfer: [message.buffer] });
  connection.close(1000);
  expect(connection.isOutputBroken).toBe(true);
  connection.end();
});
