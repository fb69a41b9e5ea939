import fc from "fast-check";
import { expect, test } from "vitest";
import { TcpStream } from "../../src/inspect/tcp-stream.ts";

const text = "the bytes of one direction, in order and once";
const bytes = Buffer.from(text);

/** A part of the text: where it starts and how long it is. */
const part = fc.tuple(fc.nat(text.length), fc.nat(10));

function pushed(stream: TcpStream, sequence: number, isSyn: boolean, data: Uint8Array): string {
  return Buffer.concat(stream.push(sequence, isSyn, data) ?? []).toString();
}

test("segments in any order, twice and overlapping, are the bytes in order", () => {
  const sequence = fc.integer({ min: 0, max: 0xffff_ffff });
  const property = fc.property(sequence, fc.array(part), fc.func(fc.nat()), (first, parts, key) => {
    const cut = Array.from({ length: Math.ceil(text.length / 7) }, (_, i) => [7 * i, 7] as const);
    const segments = [...parts, ...cut].sort((a, b) => (key(a) as number) - (key(b) as number));
    const stream = new TcpStream();
    let received = pushed(stream, first, true, Buffer.alloc(0));
    for (const [at, length] of segments) {
      received += pushed(stream, (first + 1 + at) >>> 0, false, bytes.subarray(at, at + length));
      expect(text.startsWith(received)).toBe(true);
    }
    expect(received).toBe(text);
    expect(stream.hasGap).toBe(false);
  });
  fc.assert(property);
});

test("a capture may start within a connection", () => {
  const stream = new TcpStream();
  expect(pushed(stream, 0xffff_fffe, false, Buffer.from("abc"))).toBe("abc");
  expect(pushed(stream, 1, false, Buffer.from("de"))).toBe("de");
  expect(pushed(stream, 1, false, Buffer.from("de"))).toBe("");
});

test("a gap is told, and bytes behind it are not kept without end", () => {
  const stream = new TcpStream();
  stream.push(0, true, Buffer.alloc(0));
  expect(pushed(stream, 11, false, Buffer.from("x"))).toBe("");
  expect(stream).toMatchObject({ hasGap: true, gapLength: 10 });
  let sequence = 12;
  let isGivenUp = false;
  for (let count = 0; count < 300 && !isGivenUp; count++, sequence += 65_536) {
    isGivenUp = stream.push(sequence, false, Buffer.alloc(65_536)) === undefined;
  }
  expect(isGivenUp).toBe(true);
});
