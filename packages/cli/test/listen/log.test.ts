import { expect, test } from "vitest";
import { describeMessage, textLine } from "../../src/listen/log.ts";
import { coloursFor } from "../../src/terminal/colours.ts";

const plain = coloursFor({ isTTY: false });

test("an entry is one line without control characters", () => {
  const entry = { event: "message", id: 3, ...describeMessage("a\n\u001b") } as const;
  expect(textLine(entry, plain)).toBe("message   #3 text 3 bytes a\\n\\u001b");
});

test("only the start of a message is shown", () => {
  expect(describeMessage("ä".repeat(1_000))).toEqual({
    ...{ type: "text", bytes: 2_000, data: "ä".repeat(200) },
  });
  expect(describeMessage(new Uint8Array(1_000))).toEqual({
    ...{ type: "binary", bytes: 1_000, data: "00".repeat(100) },
  });
});
