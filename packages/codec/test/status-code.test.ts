import { expect, test } from "vitest";
import { isSendableStatusCode, StatusCode } from "../src/status-code.ts";
import { mayStandInClose } from "./oracle/legality.ts";

test("isSendableStatusCode is right for every 16-bit number", () => {
  const wrong: number[] = [];
  for (let statusCode = 0; statusCode <= 65_535; statusCode++) {
    if (isSendableStatusCode(statusCode) !== mayStandInClose(statusCode)) wrong.push(statusCode);
  }
  expect(wrong).toEqual([]);
});

test("1004, 1005, 1006 and 1015 may not be sent (section 7.4.1)", () => {
  const { NoStatusReceived, AbnormalClosure, TlsHandshake } = StatusCode;
  expect([NoStatusReceived, AbnormalClosure, TlsHandshake]).toEqual([1005, 1006, 1015]);
  for (const statusCode of [1004, 1005, 1006, 1015]) {
    expect(isSendableStatusCode(statusCode)).toBe(false);
  }
});

test("every other named status code may be sent", () => {
  const named = Object.values(StatusCode).filter((code) => ![1005, 1006, 1015].includes(code));
  expect(named).toEqual([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]);
  expect(named.every(isSendableStatusCode)).toBe(true);
});
