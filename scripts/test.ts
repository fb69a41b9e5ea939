/**
 * Runs the tests on Node, Deno and Bun: the pure packages on each of them, each transport on its
 * own runtime, and the conformance suite, which starts all three itself.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { type Tally, tallyLine, tallyOfReport } from "./tally.ts";

const vitest = "node_modules/vitest/vitest.mjs";
const pure = ["packages/codec", "packages/websocket"];

/** The pool is the one that works on the runtime. */
const runs = [
  {
    runtime: "node",
    command: ["node"],
    pool: "forks",
    paths: [...pure, "packages/node-transport", "packages/conformance"],
  },
  {
    runtime: "deno",
    command: ["deno", "run", "-A", "--no-lock"],
    pool: "forks",
    paths: [...pure, "packages/deno-transport"],
  },
  {
    runtime: "bun",
    command: ["bun", "--bun"],
    pool: "threads",
    paths: [...pure, "packages/bun-transport"],
  },
] as const;

mkdirSync(".artifacts", { recursive: true });
const total: Tally = { passed: 0, failed: 0 };
const lines: string[] = [];

for (const { runtime, command, pool, paths } of runs) {
  console.log(`\n--- ${runtime}`);
  const report = `.artifacts/tests-${runtime}.json`;
  const [program, ...prefix] = command;
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync(
    `node_modules/.bin/${program}`,
    [...prefix, vitest, "run", ...paths, `--pool=${pool}`, ...reporters],
    { stdio: "inherit", env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" } },
  );
  const tally = tallyOfReport(report, status);
  total.passed += tally.passed;
  total.failed += tally.failed;
  lines.push(`${runtime}: ${tallyLine(tally)}`);
}

console.log(`\n${lines.join("\n")}`);
if (!existsSync("/usr/bin/chromium")) {
  console.log("left out: the chat page in a browser, because /usr/bin/chromium is not there");
}
for (const [name, program, ...check] of [
  ["python3-tornado", "/usr/bin/python3", "-c", "import tornado"],
  ["libmojolicious-perl", "/usr/bin/perl", "-MMojolicious", "-e", "1"],
]) {
  if (spawnSync(program, check).status === 0) continue;
  console.log(`left out: peers of Debian's package ${name}, which is not installed`);
}
console.log(tallyLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;
