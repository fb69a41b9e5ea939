import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isFullDepth, rows } from "../../../test-depth.ts";
import { run } from "./command-line.ts";

test("the version is that of the package", async () => {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  expect(await run(["--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

test.runIf(isFullDepth)("help names every command and goes to the standard output", async () => {
  const { status, stdout, stderr } = await run(["--help"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const name of ["connect", "listen", "inspect", "bench"])
    expect(stdout).toContain(`  ${name} `);
});

test("mistakes are one line with the status 2", async () => {
  const mistakes = [["conect", "x"], ["connect"], ["connect", "a", "b"], ["bench", "x", "--foo"]];
  for (const words of rows(mistakes)) {
    const { status, stdout, stderr } = await run(words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^framewright: [^\n]+ \(WS_ERR_CLI_USAGE\)\n$/);
  }
});

test.runIf(isFullDepth)("--verbose shows the stacks of errors", async () => {
  const { stderr } = await run(["inspect", "--file", "/nowhere/x", "--verbose"]);
  expect(stderr).toMatch(/^framewright: cannot read \/nowhere\/x: ENOENT/);
  expect(stderr).toMatch(/\n {2} {4}at /);
});
