import { expect, test } from "vitest";
import { encodeClosePayload } from "../src/close-payload.ts";
import {
  HandshakeError,
  InvalidStateError,
  ProtocolError,
  type ProtocolErrorCode,
  rangeError,
  shownValue,
  typeError,
} from "../src/errors.ts";

/**
 * Section 7.4.1: 1002 protocol error, 1007 inconsistent data, 1008 policy, 1009 too big,
 * 1011 internal error. IANA: 1013 try again later.
 */
const statusCodes: Record<ProtocolErrorCode, number> = {
  WS_ERR_UNEXPECTED_RSV_1: 1002,
  WS_ERR_UNEXPECTED_RSV_2_3: 1002,
  WS_ERR_INVALID_OPCODE: 1002,
  WS_ERR_EXPECTED_FIN: 1002,
  WS_ERR_EXPECTED_MASK: 1002,
  WS_ERR_UNEXPECTED_MASK: 1002,
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: 1002,
  WS_ERR_INVALID_PAYLOAD_LENGTH: 1002,
  WS_ERR_INVALID_CLOSE_CODE: 1002,
  WS_ERR_INVALID_DEFLATE_DATA: 1007,
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_RECEIVE_MEMORY: 1013,
  WS_ERR_DETACHED_BYTES: 1011,
};
const codes = Object.keys(statusCodes) as ProtocolErrorCode[];

test.each(codes)("%s has its status code and a message that fits a Close frame", (code) => {
  const error = new ProtocolError(code);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: "ProtocolError", code, statusCode: statusCodes[code] });
  expect(error.message.length).toBeGreaterThan(10);
  expect(error.message).toBe(`${error.reason} (${code})`);
  expect(encodeClosePayload(error.statusCode, error.reason).length).toBeLessThanOrEqual(125);
});

test("HandshakeError keeps its HTTP status and its cause", () => {
  const cause = new Error("refused");
  const error = new HandshakeError("WS_ERR_CONNECT_FAILED", 0, "no connection", { cause });
  expect(error).toMatchObject({
    name: "HandshakeError",
    status: 0,
    message: "no connection (WS_ERR_CONNECT_FAILED)",
  });
  expect(error.code).toBe("WS_ERR_CONNECT_FAILED");
  expect(error.cause).toBe(cause);
  expect("cause" in new HandshakeError("WS_ERR_INVALID_KEY", 400, "no key")).toBe(false);
});

test("HandshakeError has where a client failed, and the body as text", () => {
  const place = { step: "response", url: "ws://a.example/" } as const;
  const body = Uint8Array.of(0x6e, 0xc3, 0xb6, 0xff, 0xe2, 0x82);
  const error = new HandshakeError("WS_ERR_UNEXPECTED_RESPONSE", 503, "busy", { ...place, body });
  expect(error).toMatchObject(place);
  expect(error.bodyText).toBe("n\u00f6\ufffd\ufffd");
  const without = new HandshakeError("WS_ERR_INVALID_KEY", 400, "no key");
  expect([without.step, without.url, without.bodyText]).toEqual([undefined, undefined, ""]);
});

test("errors of the caller are a TypeError, RangeError or InvalidStateError with a code", () => {
  const wrongKind = typeError("WS_ERR_INVALID_URL", "not a URL");
  expect(wrongKind).toBeInstanceOf(TypeError);
  expect(wrongKind).toMatchObject({
    code: "WS_ERR_INVALID_URL",
    message: "not a URL (WS_ERR_INVALID_URL)",
  });
  const outOfRange = rangeError("WS_ERR_INVALID_OPTION", "too large");
  expect(outOfRange).toBeInstanceOf(RangeError);
  expect(outOfRange).toMatchObject({
    code: "WS_ERR_INVALID_OPTION",
    message: "too large (WS_ERR_INVALID_OPTION)",
  });
  const wrongState = new InvalidStateError("a second iterator");
  expect(wrongState).toMatchObject({ name: "InvalidStateError", code: "WS_ERR_INVALID_STATE" });
});

test("a hint is part of the message but not of the reason in the Close frame", () => {
  const error = new ProtocolError("WS_ERR_INVALID_UTF8", "look at the sender");
  expect(error.message).toBe("text is not valid UTF-8; look at the sender (WS_ERR_INVALID_UTF8)");
  expect(error.reason).toBe("text is not valid UTF-8");
  expect(new ProtocolError("WS_ERR_INVALID_UTF8").message).toBe(
    "text is not valid UTF-8 (WS_ERR_INVALID_UTF8)",
  );
});

test("shownValue describes any value", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const throwing = {
    toString() {
      throw new Error("no text");
    },
  };
  const values = ["a\nb", 1, 2n, Symbol("s"), null, Object.create(null), [Symbol()], throwing];
  expect(values.map(shownValue)).toEqual([
    '"a\\nb"',
    "1",
    "2",
    "Symbol(s)",
    "null",
    "an object",
    "an object",
    "an object",
  ]);
  expect(shownValue(revoked.proxy)).toBe("an object");
  expect(shownValue(Object.assign(() => {}, throwing))).toBe("a function");
});
