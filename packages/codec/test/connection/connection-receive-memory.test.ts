import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { Connection, ConnectionOptions } from "../../src/connection/connection.ts";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { ascii, concat, cut } from "../bytes.ts";
import {
  deflateFor,
  deflateMessage,
  noise,
  openCompressed,
  settingsFor,
  takeover,
} from "../deflate/compressors.ts";
import { type FrameToWrite, frameFor } from "../oracle/frame-writer.ts";
import { describeEvent, type Role, receive } from "./drive.ts";

const maxMessageSize = 2_000_000;
const refused = "closed 1013 WS_ERR_RECEIVE_MEMORY";

const message = fc.record({
  what: fc.constantFrom("zeros", "noise", "euros", "broken text", "broken deflate"),
  isText: fc.boolean(),
  isCompressed: fc.boolean(),
  length: fc.constantFrom(0, 100, 3000, 70_000, 300_000, 1_100_000),
  fragments: fc.integer({ min: 1, max: 4 }),
  /** The share of its bytes that arrives. */
  share: fc.constantFrom(0.5, 0.99, 1, 1),
  closes: fc.boolean(),
});
type MessageChoice = typeof message extends fc.Arbitrary<infer T> ? T : never;

const euro = new TextEncoder().encode("\u20ac");

function dataOf({ what, isText, length }: MessageChoice): Uint8Array {
  const data = new Uint8Array(length).fill(0x61);
  if (what === "noise" && !isText) return noise(length);
  if (what === "euros") for (let at = 0; at + 3 <= length; at += 3) data.set(euro, at);
  if (what === "broken text") data.fill(0xff, length >> 1);
  return data;
}

function framesOf(choice: MessageChoice): FrameToWrite[] {
  const data = dataOf(choice);
  const payload = choice.isCompressed ? deflateMessage(data) : data;
  if (choice.isCompressed && choice.what === "broken deflate") payload[payload.length >> 1] ^= 0x55;
  const pieces =
    payload.length === 0 ? [payload] : cut(payload, [payload.length / choice.fragments + 1]);
  return pieces.map((piece, index) => ({
    fin: index === pieces.length - 1,
    rsv: index === 0 && choice.isCompressed ? 0x40 : 0,
    opcode: index > 0 ? 0 : choice.isText ? 1 : 2,
    payload: piece,
  }));
}

/** Reads all events, with a new turn after each Yield. */
function drain(connection: Connection, onStep: () => void): string[] {
  const events: string[] = [];
  for (;;) {
    const event = connection.next();
    onStep();
    if (event === ConnectionEvent.NeedData) return events;
    if (event === ConnectionEvent.Yield) {
      connection.retainInput();
      connection.startTurn();
    } else if (event === ConnectionEvent.Message) events.push("message");
    else events.push(describeEvent(connection, event));
  }
}

function open(
  role: Role,
  options: Partial<ConnectionOptions>,
  keepsWindow = false,
  maxMemory = 2 ** 40,
) {
  const settings = settingsFor({ maxMessageSize, maxMemory });
  return openCompressed(role, deflateFor(settings, keepsWindow ? takeover : {}), {
    maxMessageSize,
    ...options,
  });
}

test("memory reserved by several connections never exceeds the limit and is 0 at the end", () => {
  fc.assert(
    fc.property(
      fc.record({
        role: fc.constantFrom<Role>("client", "server"),
        keepsWindow: fc.boolean(),
        hasPoolMemory: fc.boolean(),
        borrowedMessages: fc.boolean(),
        limit: fc.constantFrom(0, 1000, 60_000, 500_000, 3_000_000),
        maxInflatedPerTurn: fc.constantFrom(1, 100_000, 2 ** 29),
        size: fc.constantFrom(1000, 16_384, 70_000, 1_500_000),
      }),
      fc.array(message, { minLength: 1, maxLength: 6 }),
      (choice, messages) => {
        const { role, keepsWindow, limit, size, borrowedMessages, maxInflatedPerTurn } = choice;
        const receiveMemory = new ReceiveMemory(limit);
        const options = { receiveMemory, borrowedMessages, maxInflatedPerTurn };
        const maxMemory = choice.hasPoolMemory || keepsWindow ? 2 ** 40 : 0;
        let isWithin = true;
        const checkUse = () => {
          isWithin &&= receiveMemory.used >= 0 && receiveMemory.used <= limit;
        };
        const connections = messages.map(() => open(role, options, keepsWindow, maxMemory));
        const streams = messages.map((choice) => {
          const wire = concat(framesOf(choice).map((frame) => frameFor(role, frame)));
          return cut(wire.subarray(0, Math.floor(wire.length * choice.share)), [size]);
        });
        const most = Math.max(...streams.map((stream) => stream.length));
        for (let turn = 0; turn < most; turn++) {
          for (const [index, connection] of connections.entries()) {
            const chunk = streams[index][turn];
            if (chunk === undefined) continue;
            connection.receive(chunk);
            drain(connection, checkUse);
          }
        }
        for (const [index, connection] of connections.entries()) {
          if (messages[index].closes) connection.close(1000);
          connection.end();
          checkUse();
        }
        expect([isWithin, receiveMemory.used]).toEqual([true, 0]);
      },
    ),
    { numRuns: runs(100) },
  );
});

describe("a connection that needs more memory than is left", () => {
  const kinds = [1, 2].flatMap((opcode) =>
    [false, true].flatMap((isCompressed) =>
      [false, true].map((borrowedMessages) => ({ opcode, isCompressed, borrowedMessages })),
    ),
  );

  test.each(kinds)("fails with 1013 and affects no other connection: %o", (kind) => {
    const { opcode, isCompressed, borrowedMessages } = kind;
    const receiveMemory = new ReceiveMemory(1_000_000);
    const options = { receiveMemory, borrowedMessages };
    const part = (role: Role, payload: Uint8Array, fin: boolean, first: boolean) =>
      frameFor(role, {
        fin,
        rsv: first && isCompressed ? 0x40 : 0,
        opcode: first ? opcode : 0,
        payload,
      });
    const data = opcode === 1 ? new Uint8Array(300_000).fill(0x61) : noise(300_000);
    // Stored blocks, so that the compressed payload is as long as the message.
    const payload = isCompressed ? deflateMessage(data, { level: 0 }) : data;
    const [first, rest] = [payload.slice(0, 200_000), payload.slice(200_000)];
    const waiting = open("client", options);
    expect(receive(waiting, cut(part("client", first, false, true), [50_000]))).toEqual([]);
    const used = receiveMemory.used;
    expect(used).toBeGreaterThanOrEqual(200_000);
    const greedy = open("client", options);
    const long = opcode === 1 ? new Uint8Array(1_200_000).fill(0x62) : noise(1_200_000);
    const tooMuch = isCompressed ? deflateMessage(long, { level: 0 }) : long;
    expect(receive(greedy, cut(part("client", tooMuch, true, true), [50_000]))).toEqual([refused]);
    expect(receiveMemory.used).toBe(used);
    const events = receive(waiting, [part("client", rest, true, false)]);
    expect(events).toHaveLength(1);
    expect(events[0].startsWith(opcode === 1 ? "text aaa" : "binary ")).toBe(true);
    expect(waiting.next()).toBe(ConnectionEvent.NeedData);
    expect(receiveMemory.used).toBe(0);
    waiting.end();
  });

  test("fails while its message is inflated", () => {
    for (const opcode of [1, 2]) {
      const receiveMemory = new ReceiveMemory(200_000);
      const connection = open("server", { receiveMemory });
      const payload = deflateMessage(new Uint8Array(1_900_000).fill(0x61));
      const frame = frameFor("server", { rsv: 0x40, opcode, payload });
      expect(receive(connection, [frame])).toEqual([refused]);
      expect(receiveMemory.used).toBe(0);
    }
  });

  test("fails if there is no memory for its inflator", () => {
    const receiveMemory = new ReceiveMemory(50_000);
    const connection = open("server", { receiveMemory }, false, 0);
    const payload = deflateMessage(ascii("Hello"));
    const frame = frameFor("server", { rsv: 0x40, opcode: 1, payload });
    expect(receive(connection, [frame])).toEqual([refused]);
    const other = open("server", { receiveMemory: new ReceiveMemory(60_000) }, false, 0);
    expect(receive(other, [frameFor("server", { rsv: 0x40, opcode: 1, payload })])).toEqual([
      "text Hello",
    ]);
  });
});

test("messages that arrive whole in one chunk need no receive memory", () => {
  const receiveMemory = new ReceiveMemory(0);
  const connection = open("server", { receiveMemory });
  for (const length of [0, 10, 100_000]) {
    const payload = new Uint8Array(length).fill(0x61);
    for (const opcode of [1, 2]) {
      expect(receive(connection, [frameFor("server", { opcode, payload })])).toHaveLength(1);
    }
  }
  expect(connection.closed).toBeUndefined();
});

test("borrowed memory behind a message never shows bytes of another connection's message", () => {
  const options = { borrowedMessages: true };
  const secret = noise(400_000);
  const [first, second] = [open("client", options), open("client", options)];
  const parts = (payload: Uint8Array) => cut(frameFor("client", { opcode: 2, payload }), [40_000]);
  for (const chunk of parts(secret)) {
    first.receive(chunk);
    while (first.next() !== ConnectionEvent.NeedData);
  }
  const data = noise(100_000, 5);
  let seen = 0;
  for (const chunk of parts(data)) {
    second.receive(chunk);
    while (second.next() === ConnectionEvent.Message) {
      const bytes = second.message as Uint8Array;
      expect(Buffer.compare(bytes, data)).toBe(0);
      const behind = new Uint8Array(bytes.buffer, bytes.byteOffset + bytes.length);
      expect(behind.every((byte) => byte === 0)).toBe(true);
      seen = behind.length;
    }
  }
  expect(seen).toBeGreaterThan(0);
});
