import { expect, test } from "vitest";
import { readClose } from "../../src/inspect/close-reading.ts";
import type { Fault } from "../../src/inspect/fault.ts";
import { bytes } from "../bytes.ts";

test.each([
  ["", 1005, "", []],
  ["03", 1005, "", ["5.5.1 payload@10"]],
  ["03e8", 1000, "", []],
  ["03e8 627965", 1000, "bye", []],
  ["03ed", 1005, "", ["7.4 statusCode@10"]],
  ["03e8 62ff65", 1000, "b\ufffde", ["5.5.1 reason@13"]],
  ["03e8 62e282", 1000, "b\ufffd", ["5.5.1 reason@15"]],
  ["0000 ff", 0, "\ufffd", ["7.4 statusCode@10", "5.5.1 reason@12"]],
])("payload %j", (payload, statusCode, reason, expected) => {
  const faults: Fault[] = [];
  expect(readClose(bytes(payload), 10, faults)).toEqual({ statusCode, reason });
  expect(faults.map(({ section, field, offset }) => `${section} ${field}@${offset}`)).toEqual(
    expected,
  );
});
