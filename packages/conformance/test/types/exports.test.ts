import { expect, test } from "vitest";
import { runScript, runtimes } from "../../src/runtimes.ts";

const script = "packages/conformance/test/types/print-exports.ts";

test("the packages of all runtimes export the same names", async () => {
  const names = await Promise.all(
    runtimes.map(async (runtime) => {
      const printer = runScript(runtime, script, [`@framewright/${runtime.name}-transport`]);
      const line = await printer.line(0);
      expect(await printer.exited).toBe(0);
      return JSON.parse(line) as string[];
    }),
  );
  expect(names[0]).toEqual(expect.arrayContaining(["broadcast", "connect", "serve"]));
  for (const others of names) expect(others).toEqual(names[0]);
});
