import { checkSocketPath } from "@framewright/websocket/transport";
import { expect, test } from "vitest";

test("abstract names exist on Linux alone", () => {
  checkSocketPath("\0name", "linux");
  checkSocketPath("/a", "darwin");
  checkSocketPath("", "darwin");
  expect(() => checkSocketPath("\0name", "darwin")).toThrow(
    "abstract socket names exist on Linux alone, not on darwin",
  );
});
