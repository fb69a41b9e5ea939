import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeClosePayload, maxReasonLength, parseClosePayload } from "../src/close-payload.ts";
import { wellFormedText } from "./arbitraries.ts";
import { bytes, concat, hex } from "./bytes.ts";
import { mayStandInClose } from "./oracle/legality.ts";

const parse = (data: Uint8Array) => parseClosePayload(data, 0, data.length);

describe("parseClosePayload", () => {
  test("an empty body is 1005 without a reason (section 7.1.5)", () => {
    expect(parse(bytes(""))).toEqual({ statusCode: 1005, reason: "" });
  });

  test("a body of one byte is refused (section 5.5.1)", () => {
    for (const byte of [0x00, 0x03, 0xff]) {
      expect(parse(Uint8Array.of(byte))).toBe("WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH");
    }
  });

  test("accepts exactly the status codes that may be sent", () => {
    const wrong: number[] = [];
    for (let statusCode = 0; statusCode <= 65_535; statusCode++) {
      const result = parse(Uint8Array.of(statusCode >> 8, statusCode));
      const taken = typeof result !== "string" && result.statusCode === statusCode;
      if (taken !== mayStandInClose(statusCode)) wrong.push(statusCode);
      if (!taken && result !== "WS_ERR_INVALID_CLOSE_CODE") wrong.push(statusCode);
    }
    expect(wrong).toEqual([]);
  });

  test("a reason must be UTF-8 (section 5.5.1)", () => {
    expect(parse(bytes("03e8 e282ac"))).toEqual({ statusCode: 1000, reason: "\u20ac" });
    expect(parse(bytes("03e8 e282"))).toBe("WS_ERR_INVALID_UTF8");
    expect(parse(bytes("03e8 eda080"))).toBe("WS_ERR_INVALID_UTF8");
  });

  test("reads only between start and end", () => {
    const data = bytes("ff ff 03e9 4142 ff");
    expect(parseClosePayload(data, 2, 6)).toEqual({ statusCode: 1001, reason: "AB" });
    expect(parseClosePayload(data, 2, 2)).toEqual({ statusCode: 1005, reason: "" });
  });
});

describe("encodeClosePayload", () => {
  test("puts the status code first, most significant byte first", () => {
    expect(hex(encodeClosePayload(1000, "bye"))).toBe("03e8627965");
    expect(hex(encodeClosePayload(4999))).toBe("1387");
    expect(hex(encodeClosePayload(undefined))).toBe("");
  });

  test("accepts exactly the status codes that may be sent", () => {
    const wrong: number[] = [];
    for (let statusCode = 0; statusCode <= 65_535; statusCode++) {
      let encoded: Uint8Array | undefined;
      try {
        encoded = encodeClosePayload(statusCode);
      } catch (error) {
        if (!(error instanceof RangeError)) wrong.push(statusCode);
      }
      const expected = mayStandInClose(statusCode);
      if ((encoded !== undefined) !== expected) wrong.push(statusCode);
      if (encoded && hex(encoded) !== statusCode.toString(16).padStart(4, "0")) {
        wrong.push(statusCode);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each([-1000, 1000.5, Number.NaN, Number.POSITIVE_INFINITY, 66_536])("refuses %d", (code) => {
    expect(() => encodeClosePayload(code)).toThrow(
      expect.objectContaining({ name: "RangeError", code: "WS_ERR_INVALID_ARGUMENT" }),
    );
  });

  test("measures a reason in bytes of UTF-8", () => {
    expect(maxReasonLength).toBe(123);
    expect(encodeClosePayload(1000, "x".repeat(123))).toHaveLength(125);
    expect(encodeClosePayload(1000, "\u20ac".repeat(41))).toHaveLength(125);
    for (const reason of ["x".repeat(124), `${"\u20ac".repeat(41)}x`]) {
      expect(() => encodeClosePayload(1000, reason)).toThrow(
        expect.objectContaining({ name: "RangeError", code: "WS_ERR_INVALID_ARGUMENT" }),
      );
    }
  });

  test("refuses a reason that is no string", () => {
    for (const reason of [1, null, {}, new Float32Array(1)]) {
      expect(() => encodeClosePayload(1000, reason as never)).toThrow(
        expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_ARGUMENT" }),
      );
    }
  });

  test("refuses a reason without a status code", () => {
    expect(() => encodeClosePayload(undefined, "why")).toThrow(
      expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_ARGUMENT" }),
    );
  });

  test("round-trips through parseClosePayload", () => {
    const code = fc.integer({ min: 1000, max: 4999 }).filter(mayStandInClose);
    fc.assert(
      fc.property(code, wellFormedText, fc.uint8Array(), (statusCode, text, before) => {
        const reason = [...text].slice(0, 30).join("");
        const payload = encodeClosePayload(statusCode, reason);
        const all = concat([before, payload]);
        const parsed = parseClosePayload(all, before.length, all.length);
        expect(parsed).toEqual({ statusCode, reason });
      }),
    );
  });
});

test.each([Symbol("code"), Object.create(null), [Symbol()], 2n, "1000", null])(
  "a status code that is no number is refused with a RangeError (%#)",
  (statusCode) => {
    expect(() => encodeClosePayload(statusCode as number)).toThrow(
      expect.objectContaining({ name: "RangeError", code: "WS_ERR_INVALID_ARGUMENT" }),
    );
  },
);
