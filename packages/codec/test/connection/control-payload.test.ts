import { describe, expect, test } from "vitest";
import { checkControlPayload } from "../../src/connection/control-payload.ts";
import { pattern, transfer } from "../bytes.ts";

describe("checkControlPayload", () => {
  test.each([0, 1, 125])("accepts %i bytes", (length) => {
    expect(() => checkControlPayload("ping", pattern(length))).not.toThrow();
  });

  test.each([
    ["WS_ERR_INVALID_ARGUMENT", "a ping payload must be at most 125 bytes, got 126", pattern(126)],
    ["WS_ERR_INVALID_ARGUMENT", "a ping payload must be a Uint8Array, got string", "text"],
  ])("throws %s: %s", (code, message, payload) => {
    expect(() => checkControlPayload("ping", payload)).toThrow(
      expect.objectContaining({ code, message: `${message} (${code})` }),
    );
  });

  test("throws for bytes that have lost their memory", () => {
    const lost = pattern(5);
    transfer(lost);
    expect(() => checkControlPayload("pong", lost)).toThrow(
      expect.objectContaining({ code: "WS_ERR_DETACHED_BYTES" }),
    );
  });
});
