import { describe, expect, test } from "vitest";
import { FrameInspector } from "../../src/inspect/frame-inspector.ts";
import { ascii, bytes, concat, hex } from "../bytes.ts";
import { CountedCompressors } from "../deflate/compressors.ts";
import { codesOf, inspectAll, openInflator } from "./drive.ts";

const request = ascii(
  "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
);
const response = (extensions = "") =>
  ascii(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n${extensions}\r\n`,
  );
const deflateResponse = response("Sec-WebSocket-Extensions: permessage-deflate\r\n");
/** "Hello" compressed twice with one window (RFC 7692 section 7.2.3). */
const compressed = bytes("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00");

describe("goes on after a fault", () => {
  test("with the next frame, and reports all faults", () => {
    const wire = bytes("83 80 01020304 09 00 81 01 61 80 01 62 88 01 03 89 00 91");
    const { frames } = inspectAll([wire], { role: "client" });
    expect(
      frames.map(({ offset, faults }) => [offset, ...faults.map(({ code }) => code.slice(7))]),
    ).toEqual([
      [0, "INVALID_OPCODE", "UNEXPECTED_MASK"],
      [6, "EXPECTED_FIN"],
      [8],
      [11, "INVALID_OPCODE"],
      [14, "INVALID_CONTROL_PAYLOAD_LENGTH"],
      [17, "FRAME_AFTER_CLOSE"],
      [19, "FRAME_AFTER_CLOSE", "FRAME_INCOMPLETE"],
    ]);
  });

  test("but a Close frame that is cut off closes nothing", () => {
    expect(codesOf(inspectAll([bytes("88 02 03")]).frames)).toEqual(["WS_ERR_FRAME_INCOMPLETE"]);
  });
});

describe("the role", () => {
  test.each([
    ["81 80 00000000 81 00", "server", ["WS_ERR_EXPECTED_MASK"]],
    ["81 00 81 80 00000000", "client", ["WS_ERR_UNEXPECTED_MASK"]],
    ["81", undefined, ["WS_ERR_FRAME_INCOMPLETE"]],
  ])("is taken from the first MASK bit: %s", (wire, role, codes) => {
    const { inspector, frames } = inspectAll([bytes(wire)]);
    expect(inspector.role).toBe(role);
    expect(codesOf(frames)).toEqual(codes);
  });

  test.each([
    ["request", request, "server"],
    ["response", response(), "client"],
  ])("is taken from a %s", (_, head, role) => {
    expect(inspectAll([head], { handshake: true }).inspector.role).toBe(role);
  });
});

describe("an opening handshake", () => {
  test.each([
    ["in one chunk", (wire: Uint8Array) => [wire]],
    ["byte by byte", (wire: Uint8Array) => Array.from(wire, (byte) => Uint8Array.of(byte))],
  ])("%s precedes the frames", (_, cutUp) => {
    const { inspector, frames } = inspectAll(cutUp(concat([deflateResponse, compressed])), {
      handshake: true,
    });
    expect(inspector.handshake).toMatchObject({ kind: "response", length: deflateResponse.length });
    expect(
      frames.map(({ offset, completed }) => [offset - deflateResponse.length, completed?.text]),
    ).toEqual([
      [0, "Hello"],
      [9, "Hello"],
    ]);
  });

  test("is optional", () => {
    const { inspector, frames } = inspectAll([bytes("81 00")], { handshake: true });
    expect([inspector.handshake, frames.length]).toEqual([undefined, 1]);
    expect(inspectAll([bytes("47")], { handshake: true }).frames.length).toBe(1);
    expect(inspectAll([], { handshake: true }).frames).toEqual([]);
  });

  test("is not recognised without the option", () => {
    expect(inspectAll([request]).frames[0].opcode).toBe(7);
  });

  test("that is cut off is a fault of the end", () => {
    const { inspector, frames } = inspectAll([request.slice(0, 30)], { handshake: true });
    expect(frames).toEqual([]);
    expect(inspector.endFaults).toMatchObject([
      { code: "WS_ERR_HANDSHAKE_INCOMPLETE", offset: 30 },
    ]);
  });

  test.each([
    ["a request that is no HTTP", ascii("GET / \n"), 0],
    ["a refusing response", ascii("HTTP/1.1 404 Not Found\r\n\r\n"), 0],
    ["a faulty request", ascii("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 1],
    ["a response without Upgrade header", ascii("HTTP/1.1 101 x\r\n\r\n"), 1],
  ])("%s is a fault; frames follow only if a server may have accepted it", (_, head, count) => {
    const { inspector, frames } = inspectAll([head, bytes("81 00"), bytes("00")], {
      handshake: true,
    });
    expect(inspector.handshake?.faults.length).toBe(1);
    expect(frames.length).toBe(count * 2);
  });

  test("of a request is given to the response's inspector", () => {
    const client = new FrameInspector({ handshake: true });
    expect(client.requestHead).toBeUndefined();
    client.push(request);
    client.next();
    const server = new FrameInspector({ handshake: true });
    server.request = client.requestHead;
    server.push(deflateResponse);
    expect(server.next()).toBeUndefined();
    // permessage-deflate was not offered.
    expect(server.handshake?.faults).toMatchObject([{ code: "WS_ERR_INVALID_EXTENSION" }]);
  });
});

describe("permessage-deflate", () => {
  test("can be used from a frame on, with a new window each time", () => {
    const counted = new CountedCompressors();
    const inspector = new FrameInspector({ openInflator: (bits) => counted.openInflator(bits) });
    const texts: (string | undefined)[] = [];
    for (let i = 0; i < 2; i++) {
      inspector.useDeflate({ contextTakeover: true });
      inspector.push(compressed);
      for (let frame = inspector.next(); frame !== undefined; frame = inspector.next())
        texts.push(frame.completed?.text);
    }
    expect(texts).toEqual(["Hello", "Hello", "Hello", "Hello"]);
    inspector.close();
    inspector.close();
    expect([counted.inflators.length, counted.open.size]).toEqual([2, 0]);
  });

  test("without a decompressor makes RSV1 legal and leaves messages compressed", () => {
    const { frames } = inspectAll([compressed], { deflate: {}, openInflator: undefined });
    expect([codesOf(frames), frames[0].completed?.payload]).toEqual([[], undefined]);
  });

  test("that was not negotiated makes RSV1 a fault", () => {
    const { frames } = inspectAll([compressed], { openInflator });
    expect(frames[0].faults[0].message).toMatch(
      /was not negotiated, or its handshake was not captured$/,
    );
    expect(frames[0].completed?.payload).toBeUndefined();
  });
});

describe("bytes", () => {
  test("may be pushed before earlier ones are inspected; offset counts those that were", () => {
    const inspector = new FrameInspector();
    inspector.push(bytes("82 01 aa 82"));
    expect([hex(inspector.next()?.unmasked ?? []), inspector.offset]).toEqual(["aa", 3]);
    inspector.push(bytes("01"));
    inspector.push(bytes("bb"));
    expect([hex(inspector.next()?.unmasked ?? []), inspector.offset]).toEqual(["bb", 6]);
    expect(inspector.next()).toBeUndefined();
  });

  test("that end within a message are a fault of the end", () => {
    const { frames, inspector } = inspectAll([bytes("01 01 61")]);
    expect(codesOf(frames)).toEqual([]);
    expect(inspector.endFaults).toMatchObject([{ code: "WS_ERR_MESSAGE_INCOMPLETE", offset: 3 }]);
  });

  test("are not modified", () => {
    const wire = bytes("81 81 01020304 60");
    inspectAll([wire]);
    expect(hex(wire)).toBe("81810102030460");
  });
});

test.each([
  [
    { maxPayloadLength: 124 },
    "option maxPayloadLength must be an integer of at least 125, got 124",
  ],
  [
    { maxPayloadLength: 125.5 },
    "option maxPayloadLength must be an integer of at least 125, got 125.5",
  ],
  [{ maxMessageLength: -1 }, "option maxMessageLength must be an integer of at least 0, got -1"],
])("throws for %o", (options, message) => {
  expect(() => new FrameInspector(options)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(message),
      code: "WS_ERR_INVALID_OPTION",
    }),
  );
});
