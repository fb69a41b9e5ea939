import { describe, expect, test } from "vitest";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { ascii, bytes, hex, pattern } from "../bytes.ts";
import { takeFrames, takeOutput } from "../connection/drive.ts";
import {
  CountedCompressors,
  deflateFor,
  deflateMessage,
  noise,
  openCompressed,
  settingsFor,
  takeover,
} from "../deflate/compressors.ts";
import { writeFrame } from "../oracle/frame-writer.ts";

const text = "to all, to all, to all, ".repeat(10);

/** The frame of one whole compressed message. */
const compressedFrame = (opcode: number, data: Uint8Array) =>
  hex(writeFrame({ rsv: 0x40, opcode, payload: deflateMessage(data) }));

describe("frameFor", () => {
  test("is the same frame for all connections that share a deflator, compressed once", () => {
    const counted = new CountedCompressors();
    const settings = settingsFor({ compressors: counted });
    const message = prepareMessage(text);
    const first = message.frameFor(deflateFor(settings));
    expect(first && hex(first)).toBe(compressedFrame(1, ascii(text)));
    for (let turn = 0; turn < 50; turn++) {
      expect(message.frameFor(deflateFor(settings))).toBe(first);
    }
    expect(counted.deflated).toBe(1);
    // Another window needs another deflator and gives another frame.
    const other = message.frameFor(deflateFor(settings, { sendWindowBits: 9 }));
    expect(other).not.toBe(first);
    expect(counted.deflated).toBe(2);
    expect(hex(message.frame)).toBe(hex(prepareMessage(text).frame));
  });

  test.each([0, 100, 125, 126, 300, 65_535, 65_536, 70_000])(
    "is the frame that a connection would send, for text and binary of %i bytes",
    (length) => {
      for (const data of ["x".repeat(length), new Uint8Array(length).fill(7), pattern(length)]) {
        const settings = settingsFor();
        const frame = prepareMessage(data).frameFor(deflateFor(settings));
        const connection = openCompressed("server", deflateFor(settings));
        connection.send(data);
        expect(Buffer.compare(frame as Uint8Array, takeOutput(connection))).toBe(0);
      }
    },
  );

  test("is the uncompressed frame below the threshold, without gain and without memory", () => {
    const message = prepareMessage(text);
    const below = settingsFor({ threshold: text.length + 1 });
    expect(message.frameFor(deflateFor(below))).toBe(message.frame);
    const incompressible = prepareMessage(noise(500));
    const settings = settingsFor();
    for (let turn = 0; turn < 2; turn++) {
      expect(incompressible.frameFor(deflateFor(settings))).toBe(incompressible.frame);
    }
    expect(message.frameFor(deflateFor(settingsFor({ maxMemory: 0 })))).toBe(message.frame);
    expect(message.frameFor(deflateFor(settings, { sendWindowBits: 8 }))).toBe(message.frame);
    const exactly = settingsFor({ threshold: text.length });
    expect(message.frameFor(deflateFor(exactly))).not.toBe(message.frame);
  });

  test("a message that does not become shorter is compressed only once", () => {
    const counted = new CountedCompressors();
    const settings = settingsFor({ compressors: counted });
    const message = prepareMessage(noise(500));
    for (let turn = 0; turn < 10; turn++) message.frameFor(deflateFor(settings));
    expect(counted.deflated).toBe(1);
  });

  test("is the uncompressed frame for a connection without compression", () => {
    const message = prepareMessage(text);
    expect(message.frameFor(undefined)).toBe(message.frame);
  });

  test("is undefined for a connection that keeps a window", () => {
    expect(prepareMessage(text).frameFor(deflateFor(settingsFor(), takeover))).toBeUndefined();
  });
});

describe("sendPrepared", () => {
  test("compresses separately for each connection that keeps a window", () => {
    const connection = openCompressed("server", deflateFor(settingsFor(), takeover));
    const message = prepareMessage("Hello");
    connection.sendPrepared(message);
    connection.sendPrepared(message);
    expect(takeFrames(connection).map(({ payload }) => hex(payload))).toEqual([
      "f248cdc9c90700",
      "f200110000",
    ]);
  });

  test("sends the same frame to all other connections of a server", () => {
    const counted = new CountedCompressors();
    const settings = settingsFor({ compressors: counted });
    for (const [data, opcode] of [
      [text, 1],
      [ascii(text), 2],
    ] as const) {
      counted.deflated = 0;
      const message = prepareMessage(data);
      for (let turn = 0; turn < 5; turn++) {
        const connection = openCompressed("server", deflateFor(settings));
        expect(connection.sendPrepared(message)).toBe(true);
        const sent = connection.peek();
        expect(sent && hex(sent)).toBe(compressedFrame(opcode, ascii(text)));
      }
      expect(counted.deflated).toBe(1);
    }
  });

  test("a client compresses each time it sends", () => {
    const counted = new CountedCompressors();
    const deflate = deflateFor(settingsFor({ compressors: counted }));
    const connection = openCompressed("client", deflate);
    const message = prepareMessage(text);
    for (let turn = 1; turn <= 3; turn++) {
      connection.sendPrepared(message);
      expect(counted.deflated).toBe(turn);
    }
  });

  test("a client uses a new masking key each time", () => {
    for (const agreement of [{}, takeover]) {
      const connection = openCompressed("client", deflateFor(settingsFor(), agreement));
      const message = prepareMessage(ascii(text));
      connection.sendPrepared(message);
      connection.sendPrepared(message);
      const [first, second] = takeFrames(connection);
      expect(first).toMatchObject({ fin: true, rsv1: true, opcode: 2, masked: true });
      expect(second).toMatchObject({ rsv1: true, opcode: 2, masked: true });
      expect(second.maskingKey).not.toEqual(first.maskingKey);
      expect(hex(first.payload)).toBe(hex(deflateMessage(ascii(text))));
    }
  });

  test("sends the uncompressed frame below the threshold", () => {
    const message = prepareMessage("Hello");
    const connection = openCompressed("server", deflateFor(settingsFor({ threshold: 6 })));
    connection.sendPrepared(message);
    expect(connection.peek()).toBe(message.frame);
  });

  test("sends nothing once the connection is closing", () => {
    const connection = openCompressed("server", deflateFor());
    connection.receive(bytes("88 80 00 00 00 00"));
    connection.next();
    expect(connection.sendPrepared(prepareMessage(text))).toBe(false);
  });
});
