import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const source = join(import.meta.dirname, "../src");
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);

/** The compiler and the linter refuse their names, but not as members of `globalThis`. */
const impure =
  /\b(getRandomValues|randomUUID|setTimeout|setInterval|setImmediate|queueMicrotask|Date|performance)\b|Math\.random/;

test("the codec has no source of randomness, clock or timer", () => {
  expect(files.length).toBeGreaterThan(50);
  const lines = files.flatMap((name) =>
    readFileSync(join(source, name), "utf8")
      .split("\n")
      .filter((line) => impure.test(line.replace(/^\s*(\/?\*|\/\/).*/, "")))
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(lines).toEqual([]);
});
