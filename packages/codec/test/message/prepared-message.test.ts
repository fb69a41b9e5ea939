import { expect, test } from "vitest";
import { prepareMessage } from "../../src/message/prepared-message.ts";
import { hex, pattern } from "../bytes.ts";

test("encodes the examples of section 5.7", () => {
  const text = prepareMessage("Hello");
  expect(hex(text.frame)).toBe("810548656c6c6f");
  expect(text.frame.buffer.byteLength).toBe(7);
  expect(text.data).toBe("Hello");
  const { frame } = prepareMessage(pattern(65_536));
  expect(hex(frame.subarray(0, 10))).toBe("827f0000000000010000");
  expect(hex(frame.subarray(10))).toBe(hex(pattern(65_536)));
});

test("copies the bytes", () => {
  const data = pattern(300);
  const message = prepareMessage(data);
  data.fill(0);
  expect(hex(message.data as Uint8Array)).toBe(hex(pattern(300)));
  expect(hex(message.frame)).toBe(`827e012c${hex(pattern(300))}`);
});

test("refuses detached bytes but not empty ones", () => {
  const data = new Uint8Array(5);
  structuredClone(data, { transfer: [data.buffer] });
  expect(() => prepareMessage(data)).toThrow(
    expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" }),
  );
  expect(hex(prepareMessage(new Uint8Array(0)).frame)).toBe("8200");
});
