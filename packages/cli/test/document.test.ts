import { readFileSync } from "node:fs";
import { inspectFrames } from "@framewright/codec/inspect";
import { expect, test } from "vitest";
import { exitStatusOfClose } from "../src/exit-status.ts";
import { drawFrame } from "../src/inspect/figure.ts";
import { createProgram } from "../src/program.ts";
import { coloursFor } from "../src/terminal/colours.ts";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

test("docs/cli.md has every option of every command", () => {
  for (const command of createProgram(() => {}).commands) {
    for (const { short, long } of command.options) {
      for (const flag of [short, long]) {
        if (flag !== undefined) expect(page, `${command.name()} ${flag}`).toContain(`${flag}`);
      }
    }
  }
});

test("docs/cli.md has every code", () => {
  const source = readFileSync(new URL("../src/errors.ts", import.meta.url), "utf8");
  const codes = [...source.matchAll(/\| "(WS_ERR_CLI_\w+)"/g)].map(([, code]) => code);
  expect(codes.length).toBe(5);
  for (const code of codes) expect(page).toContain(`| \`${code}\` |`);
});

test("the figure and the table of docs/cli.md are what the command does", () => {
  const [frame] = inspectFrames(Buffer.from("818537fa213d7f9f4d5158", "hex"));
  expect(page).toContain(drawFrame(frame, coloursFor({}, {}), 4).join("\n"));
  expect([1001, 1006, 1015, 2000, 3500, 4500].map(exitStatusOfClose)).toEqual([
    11, 16, 25, 29, 30, 40,
  ]);
});
