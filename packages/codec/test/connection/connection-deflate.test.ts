import { expect, test } from "vitest";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { bytes, concat, hex } from "../bytes.ts";
import {
  CountedCompressors,
  deflateFor,
  openCompressed,
  settingsFor,
  takeover,
} from "../deflate/compressors.ts";
import { openConnection, receive, takeFrames, takeOutput } from "./drive.ts";

const words = "so many words, so many words";

test("a connection without compression sends prepared messages uncompressed and refuses RSV1", () => {
  const server = openConnection("server");
  const message = prepareMessage(words);
  server.sendPrepared(message);
  expect(server.peek()).toBe(message.frame);
  const client = openConnection("client");
  client.sendPrepared(message);
  expect(takeFrames(client)).toMatchObject([{ rsv1: false, masked: true }]);
  expect(receive(client, [bytes("c1 00")])).toEqual(["closed 1002 WS_ERR_UNEXPECTED_RSV_1"]);
});

test("a server that denied context takeover names it as the likely cause of invalid data", () => {
  // A masked text frame with RSV1 and the reserved block type 3.
  const invalid = bytes("c1 81 00 00 00 00 07");
  for (const [agreement, isNamed] of [
    [{}, true],
    [takeover, false],
  ] as const) {
    const connection = openCompressed("server", deflateFor(settingsFor(), agreement));
    expect(receive(connection, [invalid])).toEqual(["closed 1007 WS_ERR_INVALID_DEFLATE_DATA"]);
    expect(connection.closed?.error?.message.includes("contextTakeover")).toBe(isNamed);
  }
});

test("control frames are never compressed", () => {
  for (const role of ["client", "server"] as const) {
    const connection = openCompressed(role, deflateFor(settingsFor(), takeover));
    connection.ping(new Uint8Array(125));
    connection.close(1000, "a".repeat(123));
    const frames = takeFrames(connection);
    expect(frames).toMatchObject([
      { opcode: 9, rsv1: false },
      { opcode: 8, rsv1: false },
    ]);
    expect(frames.map(({ payload }) => payload.length)).toEqual([125, 125]);
  }
});

test("each fault of a compressed message has its status code", () => {
  for (const [wire, code, statusCode] of [
    ["c1 01 06", "WS_ERR_INVALID_DEFLATE_DATA", 1007],
    // A stored block with one byte that is not UTF-8.
    ["c1 07 00 01 00 fe ff ff 00", "WS_ERR_INVALID_UTF8", 1007],
    ["c1 07 f2 48 cd c9 c9 07 00", "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", 1009],
  ] as const) {
    const counted = new CountedCompressors();
    const settings = settingsFor({ maxMessageSize: 4, compressors: counted });
    const connection = openCompressed("client", deflateFor(settings, takeover));
    expect(receive(connection, [bytes(wire)])).toEqual([`closed ${statusCode} ${code}`]);
    const [{ opcode, payload }] = takeFrames(connection);
    expect([opcode, payload[0] * 256 + payload[1]]).toEqual([8, statusCode]);
    expect(counted.open.size).toBe(0);
  }
});

test("messages behind a fault or a Close frame are not inflated", () => {
  for (const before of ["c1 01 06", "88 00"]) {
    const counted = new CountedCompressors();
    const deflate = deflateFor(settingsFor({ compressors: counted }), takeover);
    const connection = openCompressed("client", deflate);
    const wire = concat([bytes(before), bytes("c1 07 f2 48 cd c9 c9 07 00")]);
    expect(receive(connection, [wire])).toHaveLength(1);
    expect(counted.inflated.filter((length) => length > 0)).toEqual([]);
  }
});

test("messages that arrive after our own Close frame are delivered", () => {
  const connection = openCompressed("client", deflateFor(settingsFor(), takeover));
  connection.send("Hello");
  connection.close(1000);
  expect(connection.send("Hello")).toBe(false);
  expect(receive(connection, [bytes("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00")])).toEqual([
    "text Hello",
    "text Hello",
  ]);
  expect(receive(connection, [bytes("88 02 03 e8")])).toEqual(['closed 1000 "" clean']);
});

test("a message is intact if its chunk changes after retainInput", () => {
  const connection = openCompressed("client", deflateFor());
  const chunk = bytes("41 03 f2 48 cd 80 04 c9 c9 07 00 c2 07 f2 48 cd c9 c9 07 00");
  connection.receive(chunk);
  connection.next();
  expect(connection.message).toBe("Hello");
  connection.retainInput();
  chunk.fill(0xee);
  connection.next();
  expect(hex(connection.message as Uint8Array)).toBe("48656c6c6f");
});

test("a client draws one masking key for each frame, compressed or not", () => {
  let drawn = 0;
  const connection = openCompressed("client", deflateFor(), {
    drawMaskingKey: () => {
      drawn++;
      return 0x01020304;
    },
  });
  connection.send(words);
  connection.send("short");
  expect(drawn).toBe(2);
  expect(takeFrames(connection)).toMatchObject([{ rsv1: true }, { rsv1: false }]);
});

test("messages, Pings and prepared messages arrive in the order in which they were sent", () => {
  const near = openCompressed("server", deflateFor(settingsFor(), takeover));
  const far = openCompressed("client", deflateFor(settingsFor(), takeover));
  for (const message of [words, "Hello", words]) near.send(message);
  near.ping(bytes("01"));
  near.sendPrepared(prepareMessage(words));
  expect(receive(far, [takeOutput(near)])).toEqual([
    `text ${words}`,
    "text Hello",
    `text ${words}`,
    "ping 01",
    `text ${words}`,
  ]);
});
