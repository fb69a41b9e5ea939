import { expect, test } from "vitest";
import { usableMemory } from "../../src/runtime/usable-memory.ts";

test.each([
  [undefined, 100],
  [0, 100],
  [2 ** 63, 100],
  [40, 40],
])("a container's limit of %j and 100 bytes in the machine: %d", (limit, expected) => {
  const process = limit === undefined ? {} : { constrainedMemory: () => limit };
  expect(usableMemory(process, { totalmem: () => 100 })).toBe(expected);
});
