import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type Bytes,
  checkAttached,
  copyBytes,
  freeBytes,
  hasFixedLength,
  joinBytes,
  viewBytes,
} from "../../src/bytes/bytes.ts";
import { bytes, hex, pattern, resizableBuffer, resize, transfer } from "../bytes.ts";

describe("viewBytes", () => {
  test("returns a plain Uint8Array on the same memory, also for a Node Buffer", () => {
    const memory = bytes("00 01 02 03 04 05").subarray(1);
    const source = typeof Buffer === "undefined" ? memory : Buffer.from(memory.buffer, 1);
    const view = viewBytes(source, 1, 3);
    expect(Object.getPrototypeOf(view)).toBe(Uint8Array.prototype);
    expect(hex(view)).toBe("0203");
    memory[2] = 0xee;
    expect(hex(view)).toBe("02ee");
  });
});

describe("copyBytes", () => {
  test.each([0, 1, 63, 64, 65, 5000])("copies %i bytes into new memory", (length) => {
    const source = pattern(length + 10);
    const copy = copyBytes(source, 3, 3 + length);
    const expected = hex(source.subarray(3, 3 + length));
    source.fill(0);
    expect(hex(copy)).toBe(expected);
    expect(copy.buffer.byteLength).toBe(length);
  });

  test.each([10, 100])("copies %i bytes of a Node Buffer into a plain Uint8Array", (length) => {
    // Buffer's `slice` returns a view, and small Buffers share a pool. A browser has no Buffer.
    const source = typeof Buffer === "undefined" ? pattern(length) : Buffer.from(pattern(length));
    const copy = copyBytes(source, 0, length);
    source.fill(0);
    expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype);
    expect(hex(copy)).toBe(hex(pattern(length)));
    expect(copy.buffer.byteLength).toBe(length);
  });
});

describe("joinBytes", () => {
  test("concatenates the pieces in new memory", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
        const expected = hex(first) + hex(second);
        const joined = joinBytes(first, second);
        first.fill(0xee);
        second.fill(0xee);
        expect(hex(joined)).toBe(expected);
        expect(joined.buffer.byteLength).toBe(first.length + second.length);
      }),
    );
  });

  test("copies only the bytes that a view covers", () => {
    const memory = bytes("00 01 02 03 04 05");
    expect(hex(joinBytes(memory.subarray(4), memory.subarray(1, 3)))).toBe("04050102");
  });
});

test("checkAttached accepts empty arrays and throws for detached ones", () => {
  const empty = new Uint8Array(new ArrayBuffer(8), 4, 0);
  for (const data of ["", new Uint8Array(0), empty, new Uint8Array(new SharedArrayBuffer(0))]) {
    expect(() => checkAttached(data)).not.toThrow();
  }
  transfer(empty);
  expect(() => checkAttached(empty)).toThrow(
    expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" }),
  );
});

test("hasFixedLength is false for resizable and for shared memory", () => {
  expect(hasFixedLength(new Uint8Array(5))).toBe(true);
  expect(hasFixedLength(new Uint8Array(resizableBuffer(5)))).toBe(false);
  expect(hasFixedLength(new Uint8Array(new SharedArrayBuffer(5)))).toBe(false);
});

test("freeBytes detaches long arrays that have an ArrayBuffer of their own", () => {
  for (const [data, length] of [
    [new Uint8Array(4_096), 0],
    [new Uint8Array(4_095), 4_095],
    [new Uint8Array(new SharedArrayBuffer(4_096)), 4_096],
  ] as const) {
    freeBytes(data);
    expect(data.length).toBe(length);
  }
});

test("freeBytes does nothing on engines that cannot detach", () => {
  const data = new Uint8Array(4_096);
  Object.defineProperty(data.buffer, "transfer", { value: undefined });
  freeBytes(data);
  expect(data.length).toBe(4_096);
});

test("checkAttached throws for an array outside its memory, which has shrunk", () => {
  const buffer = resizableBuffer(8);
  const outside = new Uint8Array(buffer, 4, 4);
  resize(buffer, 2);
  expect(outside.length).toBe(0);
  expect(() => checkAttached(outside)).toThrow(
    expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" }),
  );
  const tracking = new Uint8Array(buffer);
  resize(buffer, 0);
  expect(() => checkAttached(tracking)).not.toThrow();
});

test("Bytes is a Uint8Array that is not in shared memory", () => {
  expectTypeOf<Bytes>().toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  const copied: Bytes = copyBytes(bytes("01"), 0, 1);
  expect(copied.buffer).toBeInstanceOf(ArrayBuffer);
});
