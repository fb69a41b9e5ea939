import { expect, test } from "vitest";
import { ProtocolError, type ProtocolErrorCode } from "../../src/errors.ts";
import { faultOf, rules } from "../../src/inspect/fault.ts";

test("a fault has the rule's code, section and message, and a hint", () => {
  expect(faultOf(rules.closeCode, "statusCode", 7, "1005")).toEqual({
    code: "WS_ERR_INVALID_CLOSE_CODE",
    rfc: 6455,
    section: "7.4",
    message: "the status code must not be in a Close frame: 1005",
    field: "statusCode",
    offset: 7,
  });
  expect(faultOf(rules.masked, "mask", 1).message).toBe(
    "a server must not mask the frames that it sends",
  );
});

test("every code is that of a strict endpoint's error, but for what it ignores and the handshake", () => {
  const unknown = Object.values(rules)
    .map(([code]) => code)
    .filter((code) => {
      try {
        return new ProtocolError(code as ProtocolErrorCode).code !== code;
      } catch {
        return true;
      }
    });
  expect(unknown).toEqual([
    "WS_ERR_FRAME_AFTER_CLOSE",
    "WS_ERR_FRAME_INCOMPLETE",
    "WS_ERR_MESSAGE_INCOMPLETE",
    "WS_ERR_HANDSHAKE_INCOMPLETE",
  ]);
});
