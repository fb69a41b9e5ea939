import { expect, test } from "vitest";
import { coloursFor } from "../../src/terminal/colours.ts";

test.each([
  ["a terminal", true, {}, true],
  ["a pipe", false, {}, false],
  ["a terminal with NO_COLOR", true, { NO_COLOR: "1" }, false],
  ["a terminal with an empty NO_COLOR", true, { NO_COLOR: "" }, true],
  ["a pipe with FORCE_COLOR", false, { FORCE_COLOR: "1" }, true],
  ["a terminal with FORCE_COLOR=0", true, { FORCE_COLOR: "0" }, false],
  ["a pipe with both", false, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
  ["a dumb terminal", true, { TERM: "dumb" }, false],
])("%s", (_, isTTY, env, hasColours) => {
  const colours = coloursFor({ isTTY }, env as NodeJS.ProcessEnv);
  expect(colours.red("x") !== "x").toBe(hasColours);
});
