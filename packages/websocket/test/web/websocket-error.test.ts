import { WebSocketError } from "@framewright/websocket";
import { expect, test } from "vitest";
import { connectionError, readCloseInfo } from "../../src/web/websocket-error.ts";

test("a WebSocketError is a DOMException with a code and a reason", () => {
  const error = new WebSocketError("text", { closeCode: 3000, reason: "why\ud800" });
  expect(error).toBeInstanceOf(WebSocketError);
  expect(error).toBeInstanceOf(DOMException);
  expect(error).toMatchObject({
    name: "WebSocketError",
    message: "text",
    closeCode: 3000,
    reason: "why\ufffd",
  });
  expect(Object.prototype.toString.call(error)).toBe("[object WebSocketError]");
  expect(new WebSocketError()).toMatchObject({ message: "", closeCode: null, reason: "" });
  expect(new WebSocketError("", { reason: "why" }).closeCode).toBe(1000);
  expect("cause" in connectionError("", undefined)).toBe(false);
  expect(connectionError("", 5)).toMatchObject({ closeCode: 1006, reason: "", cause: 5 });
});

test("codes and reasons are converted and checked as Web IDL and the standard say", () => {
  expect(readCloseInfo(null)).toEqual({ closeCode: undefined, reason: "" });
  expect(readCloseInfo({ closeCode: "4000.7" })).toEqual({ closeCode: 4000, reason: "" });
  expect(readCloseInfo({ closeCode: undefined, reason: 5 })).toEqual({
    closeCode: 1000,
    reason: "5",
  });
  for (const value of [true, 5, "text", { closeCode: -1 }, { closeCode: 65_536 }]) {
    expect(() => readCloseInfo(value)).toThrow(TypeError);
  }
  expect(() => readCloseInfo({ closeCode: Number.NaN })).toThrow(TypeError);
  for (const closeCode of [0, 999, 1001, 2999, 5000]) {
    expect(() => readCloseInfo({ closeCode })).toThrow(
      expect.objectContaining({ name: "InvalidAccessError" }),
    );
  }
  expect(readCloseInfo({ reason: "x".repeat(123) }).closeCode).toBe(1000);
  expect(() => readCloseInfo({ reason: "x".repeat(124) })).toThrow(
    expect.objectContaining({ name: "SyntaxError" }),
  );
});
