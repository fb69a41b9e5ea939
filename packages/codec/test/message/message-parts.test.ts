import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { Connection, ConnectionOptions } from "../../src/connection/connection.ts";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { bytes } from "../bytes.ts";
import { openConnection, takeOutput } from "../connection/drive.ts";
import { deflateFor, openCompressed, settingsFor, takeover } from "../deflate/compressors.ts";

type Delivered = { isText: boolean; parts: (string | Uint8Array)[] };

/** Reads all events, and joins the parts of each message. */
function deliver(
  connection: Connection,
  wire: Uint8Array,
  step = wire.length,
): { whole: (string | Uint8Array)[]; parts: Delivered[] } {
  const whole: (string | Uint8Array)[] = [];
  const parts: Delivered[] = [];
  let current: Delivered | undefined;
  for (let at = 0; at < wire.length; at += step) {
    connection.receive(wire.slice(at, at + step));
    for (;;) {
      const event = connection.next();
      if (event === ConnectionEvent.NeedData) break;
      if (event === ConnectionEvent.Yield) {
        connection.retainInput();
        connection.startTurn();
      }
      if (event === ConnectionEvent.Message) whole.push(connection.message);
      if (event !== ConnectionEvent.MessagePart) continue;
      current ??= { isText: connection.isTextPart, parts: [] };
      current.parts.push(connection.message);
      if (!connection.isLastPart) continue;
      parts.push(current);
      current = undefined;
    }
  }
  return { whole, parts };
}

function joined({ isText, parts }: Delivered): string | number[] {
  if (isText) return parts.join("");
  return parts.flatMap((part) => [...(part as Uint8Array)]);
}

/** A pair of connections, with or without compression. */
function pairOf(isCompressed: boolean, options: Partial<ConnectionOptions>) {
  if (!isCompressed) return [openConnection("client"), openConnection("server", options)] as const;
  const settings = () => settingsFor({ maxMessageSize: 1 << 20 });
  const client = openCompressed("client", deflateFor(settings(), takeover));
  return [client, openCompressed("server", deflateFor(settings(), takeover), options)] as const;
}

describe("messages in parts", () => {
  test("whatever the fragments and the chunks, the parts are the message", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.nat(9_000).map((length) => "\u00e9\u{1f600}a".repeat(length / 3)),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 1, max: 70_000 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 5_000 })),
        (pieces, isText, isCompressed, streamFrom, step, lengths) => {
          const options = { streamFrom, maxInflatedPerTurn: 10_000 };
          const [client, server] = pairOf(isCompressed, options);
          const message = new TextEncoder().encode(pieces.join(""));
          client.send("before");
          client.beginFragments(() => {});
          let at = 0;
          for (const length of lengths) {
            const end = Math.min(at + length, message.length);
            client.sendFragment(message.subarray(at, end), isText, end === message.length);
            if (end === message.length) break;
            client.ping(new Uint8Array(2));
            at = end;
          }
          client.send("after");
          const { whole, parts } = deliver(server, takeOutput(client), step);
          expect(server.closed).toBeUndefined();
          const expected = isText ? pieces.join("") : [...message];
          const long = message.length > streamFrom;
          const all = [...whole].map((part) => (typeof part === "string" ? part : [...part]));
          const texts = parts.map(joined);
          // Compressed bytes count as well, so that a short message may be long before it is
          // decompressed.
          for (const text of ["before", "after"]) expect([...texts, ...all]).toContainEqual(text);
          if (long) expect(texts).toContainEqual(expected);
          else expect([...texts, ...all]).toContainEqual(expected);
          for (const { parts: each } of parts) {
            for (const part of each) {
              expect(part.length <= streamFrom + 70_000).toBe(true);
              if (typeof part === "string") expect(part).not.toMatch(/\p{Surrogate}/u);
            }
          }
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("a message of exactly streamFrom bytes is whole", () => {
    const [client, server] = pairOf(false, { streamFrom: 5 });
    client.send("12345");
    client.send("123456");
    client.send(new Uint8Array(0));
    const { whole, parts } = deliver(server, takeOutput(client));
    expect(whole).toEqual(["12345", new Uint8Array(0)]);
    expect(parts).toEqual([{ isText: true, parts: ["123456"] }]);
  });

  test("a compressed message that grows beyond streamFrom is delivered in parts", () => {
    for (const message of ["a".repeat(300_000), new Uint8Array(300_000), "a".repeat(2_000)]) {
      const [client, server] = pairOf(true, { streamFrom: 1_500 });
      client.beginFragments(() => {});
      const sent = typeof message === "string" ? new TextEncoder().encode(message) : message;
      client.sendFragment(sent, typeof message === "string", true);
      const { parts } = deliver(server, takeOutput(client));
      expect(parts.length).toBe(1);
      expect(parts[0].parts.length).toBe(message.length > 65_536 ? 5 : 1);
      expect(joined(parts[0])).toEqual(typeof message === "string" ? message : [...message]);
    }
  });

  test("a compressed message that was gathered before it is long is delivered from its start", () => {
    const message = new Uint8Array(200_000).map((_, index) => index >> 10);
    const [client, server] = pairOf(true, { streamFrom: 100_000 });
    client.beginFragments(() => {});
    client.sendFragment(message, false, true);
    const { parts } = deliver(server, takeOutput(client));
    expect(parts[0].parts.map(({ length }) => length)).toEqual([131_072, 65_536, 3_392]);
    expect(joined(parts[0])).toEqual([...message]);
    for (let limit = 60_000; limit < 400_000; limit += 5_000) {
      const receiveMemory = new ReceiveMemory(limit);
      const [sender, receiver] = pairOf(true, { streamFrom: 100_000, receiveMemory });
      sender.beginFragments(() => {});
      sender.sendFragment(message, false, true);
      deliver(receiver, takeOutput(sender));
      receiver.end();
      receiver.next();
      expect(receiveMemory.used).toBe(0);
    }
  });

  test("each fault in the middle of a message ends the connection", () => {
    for (const [wire, code] of [
      // Text of 4 bytes whose second is no continuation byte.
      ["01 84 00 00 00 00 61 c3 61 61", "WS_ERR_INVALID_UTF8"],
      // Text that ends within a character.
      ["81 84 00 00 00 00 61 61 61 c3", "WS_ERR_INVALID_UTF8"],
      ["02 84 00 00 00 00 61 61 61 61 82 80 00 00 00 00", "WS_ERR_INVALID_OPCODE"],
    ] as const) {
      const connection = openConnection("server", { streamFrom: 2 });
      deliver(connection, bytes(wire));
      expect(connection.closed?.error).toMatchObject({ code });
    }
    for (const [wire, code] of [
      ["41 83 00 00 00 00 07 07 07", "WS_ERR_INVALID_DEFLATE_DATA"],
      // A stored block with one byte that is not UTF-8.
      ["c1 87 00 00 00 00 00 01 00 fe ff ff 00", "WS_ERR_INVALID_UTF8"],
    ] as const) {
      const settings = settingsFor({ maxMessageSize: 4 });
      const connection = openCompressed("server", deflateFor(settings, takeover), {
        streamFrom: 2,
      });
      deliver(connection, bytes(wire));
      expect(connection.closed?.error).toMatchObject({ code });
    }
  });

  test("the memory of what is gathered before the first part is bounded and freed", () => {
    for (const isText of [true, false]) {
      for (const limit of [300, 400, 2_000, 100_000]) {
        const receiveMemory = new ReceiveMemory(limit);
        const [client, server] = pairOf(false, { streamFrom: 900, receiveMemory });
        client.beginFragments(() => {});
        for (let i = 0; i < 20; i++) {
          client.sendFragment(new Uint8Array(100).fill(0x61), isText, i === 19);
        }
        const { parts } = deliver(server, takeOutput(client), 106);
        if (parts.length === 0) {
          expect(server.closed?.error).toMatchObject({ code: "WS_ERR_RECEIVE_MEMORY" });
        } else {
          expect(joined(parts[0]).length).toBe(2_000);
        }
        expect(parts.length).toBe(limit < 2_000 ? 0 : 1);
        expect(receiveMemory.used).toBe(0);
      }
    }
  });

  test("the memory of a compressed message is bounded before its first part", () => {
    for (const isText of [true, false]) {
      for (let limit = 0; limit < 4_000; limit += 250) {
        const receiveMemory = new ReceiveMemory(limit);
        const [client, server] = pairOf(true, { streamFrom: 1_000, receiveMemory });
        client.beginFragments(() => {});
        for (let i = 0; i < 20; i++) {
          client.sendFragment(new Uint8Array(5_000).fill(0x61 + i), isText, i === 19);
        }
        deliver(server, takeOutput(client), 30);
        server.end();
        server.next();
        expect(receiveMemory.used).toBe(0);
      }
    }
  });

  test("a message that grows too long after many parts fails the connection", () => {
    const [client, server] = pairOf(true, { streamFrom: 1_000 });
    client.beginFragments(() => {});
    for (let i = 0; i < 20; i++) client.sendFragment(new Uint8Array(100_000), false, i === 19);
    const { parts } = deliver(server, takeOutput(client));
    expect(parts).toEqual([]);
    expect(server.closed?.error).toMatchObject({ code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" });
  });
});
