import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { chunkSizes } from "../arbitraries.ts";
import { ascii, bytes, concat, cut } from "../bytes.ts";
import { openConnection, receive } from "../connection/drive.ts";
import { writeFrame } from "../oracle/frame-writer.ts";
import {
  CountedCompressors,
  deflateFor,
  deflateMessage,
  openCompressed,
  settingsFor,
} from "./compressors.ts";

const rsv1 = 0x40;
const client = () => openCompressed("client", deflateFor());

function compressedText(data: Uint8Array): Uint8Array {
  return writeFrame({ rsv: rsv1, opcode: 1, payload: deflateMessage(data) });
}

describe("compressed text", () => {
  test("that is not UTF-8 fails before the rest is inflated", () => {
    const data = concat([ascii("a".repeat(1000)), bytes("ff"), ascii("b".repeat(900_000))]);
    const counted = new CountedCompressors();
    const connection = openCompressed("client", deflateFor(settingsFor({ compressors: counted })));
    expect(receive(connection, [compressedText(data)])).toEqual([
      "closed 1007 WS_ERR_INVALID_UTF8",
    ]);
    expect(counted.inflated).toEqual([65_536]);
  });

  test("that is not UTF-8 fails when the message is complete", () => {
    const data = concat([ascii("a".repeat(100)), bytes("ff"), ascii("b".repeat(900_000))]);
    const wire = compressedText(data);
    const connection = client();
    expect(receive(connection, [wire.slice(0, -1)])).toEqual([]);
    expect(receive(connection, [wire.slice(-1)])).toEqual(["closed 1007 WS_ERR_INVALID_UTF8"]);
  });

  test("that ends within a character fails at its end", () => {
    const data = bytes("61 e2 82");
    expect(receive(client(), [compressedText(data)])).toEqual(["closed 1007 WS_ERR_INVALID_UTF8"]);
    const payload = deflateMessage(data);
    const connection = client();
    const first = writeFrame({ fin: false, rsv: rsv1, opcode: 1, payload });
    expect(receive(connection, [first])).toEqual([]);
    expect(receive(connection, [bytes("80 00")])).toEqual(["closed 1007 WS_ERR_INVALID_UTF8"]);
  });

  test("keeps its byte-order marks", () => {
    const text = "\ufeffa\ufeff";
    const data = new TextEncoder().encode(text);
    expect(receive(client(), [compressedText(data)])).toEqual([`text ${text}`]);
    const long = text.repeat(40_000);
    const wire = compressedText(new TextEncoder().encode(long));
    expect(receive(client(), [wire])[0] === `text ${long}`).toBe(true);
    expect(receive(client(), cut(wire, [100]))[0] === `text ${long}`).toBe(true);
  });

  test("may have a character on both sides of the boundary between two pieces", () => {
    for (const character of ["é", "€", "😀"]) {
      for (let before = 65_532; before <= 65_537; before++) {
        const text = `${"x".repeat(before)}${character}${"y".repeat(70_000)}`;
        const data = new TextEncoder().encode(text);
        expect(receive(client(), [compressedText(data)])[0] === `text ${text}`).toBe(true);
      }
    }
  });

  test("is refused exactly if it is refused uncompressed, in any chunks and fragments", () => {
    const part = fc.oneof(
      fc.constantFrom("a", "é", "€", "😀", "\ufeff").map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 3 }),
      fc.nat({ max: 70_000 }).map((length) => ascii("z".repeat(length))),
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }),
        chunkSizes,
        (parts, fragmentSizes, sizes) => {
          const data = concat(parts);
          const plain = receive(openConnection("client"), [
            writeFrame({ opcode: 1, payload: data }),
          ]);
          const pieces = cut(deflateMessage(data), fragmentSizes);
          const frames = pieces.map((payload, index) =>
            writeFrame({
              fin: index === pieces.length - 1,
              rsv: index === 0 ? rsv1 : 0,
              opcode: index === 0 ? 1 : 0,
              payload,
            }),
          );
          expect(receive(client(), cut(concat(frames), sizes))).toEqual(plain);
        },
      ),
      { numRuns: runs(200) },
    );
  });
});
