import { expect, test } from "vitest";
import { CliError, describeError, exitStatusOfError } from "../src/errors.ts";

test("an error is one line that ends with its code", () => {
  const error = new CliError("WS_ERR_CLI_FILE", "cannot read \u001b[31mx\nfile");
  expect(describeError(error, false)).toBe(
    "framewright: cannot read \\u001b[31mx\\nfile (WS_ERR_CLI_FILE)\n",
  );
  expect(exitStatusOfError(error)).toBe(1);
});

test("verbose errors have the stacks of their causes", () => {
  const cause = new Error("the cause");
  const text = describeError(new CliError("WS_ERR_CLI_FILE", "failed", cause), true);
  expect(text).toMatch(/errors\.test\.ts/);
  expect(text).toMatch(/Error: the cause/);
});

test("mistakes in the command have the status 2", () => {
  const invalid = Object.assign(new TypeError("bad"), { code: "WS_ERR_INVALID_URL" });
  expect(exitStatusOfError(invalid)).toBe(2);
  expect(exitStatusOfError(new CliError("WS_ERR_CLI_USAGE", "bad"))).toBe(2);
  expect(exitStatusOfError("text")).toBe(1);
  expect(describeError("text", false)).toBe("framewright: text\n");
});
