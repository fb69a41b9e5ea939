import { expect, test } from "vitest";
import { formatMessage } from "../../src/connect/message-format.ts";

const bytes = Uint8Array.of(0, 0xde, 0xad).subarray(1);

test("a message is one line", () => {
  expect(formatMessage("a\nb\u001b", { output: "line", binary: "hex" })).toBe("a\\nb\\u001b\n");
  expect(formatMessage(bytes, { output: "line", binary: "hex" })).toBe("dead\n");
  expect(formatMessage(bytes, { output: "line", binary: "base64" })).toBe("3q0=\n");
});

test("a message is one line of JSON", () => {
  const format = { output: "ndjson", binary: "hex" } as const;
  expect(formatMessage("a\n\u009b", format)).toBe('{"type":"text","data":"a\\n\\u009b"}\n');
  expect(formatMessage(bytes, format)).toBe('{"type":"binary","data":"3q0="}\n');
});

test("raw messages are not changed", () => {
  const format = { output: "raw", binary: "hex" } as const;
  expect(formatMessage("a\n\u001b", format)).toBe("a\n\u001b");
  expect(formatMessage(bytes, format)).toBe(bytes);
});
