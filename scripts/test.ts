/**
 * Runs the tests on Node, Deno and Bun: the pure packages on each of them, each transport on its
 * own runtime, and the conformance suite, which starts all three itself.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { type Tally, tallyLine, tallyOfReport } from "./tally.ts";

const vitest = "node_modules/vitest/vitest.mjs";
const pure = ["packages/codec", "packages/websocket"];
/** Workers that run one file after the other in the same modules: starting anew for each takes longer than most files. */
const shared = ["--pool=threads", "--no-isolate", "--maxWorkers=2"];
const attacks = "packages/conformance/test/attacks";

const parts = [
  { name: "node", command: ["node"], paths: [...pure, "packages/node-transport"], flags: shared },
  {
    name: "deno",
    command: ["deno", "run", "-A", "--no-lock"],
    paths: [...pure, "packages/deno-transport"],
    flags: shared,
  },
  {
    name: "bun",
    command: ["bun", "--bun"],
    paths: [...pure, "packages/bun-transport"],
    flags: shared,
  },
  {
    name: "conformance",
    command: ["node"],
    paths: ["packages/conformance"],
    flags: [`--exclude=${attacks}/**`, "--pool=forks", "--maxWorkers=2"],
  },
  // They measure what an attack costs other connections, so nothing else may run beside them.
  { name: "attacks", command: ["node"], paths: [attacks], flags: ["--maxWorkers=1"] },
] as const;

mkdirSync(".artifacts", { recursive: true });
const total: Tally = { passed: 0, failed: 0 };
const lines: string[] = [];

for (const { name, command, paths, flags } of parts) {
  console.log(`\n--- ${name}`);
  const start = performance.now();
  const report = `.artifacts/tests-${name}.json`;
  const [program, ...prefix] = command;
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync(
    `node_modules/.bin/${program}`,
    [...prefix, vitest, "run", ...paths, ...flags, ...reporters],
    { stdio: "inherit", env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" } },
  );
  const tally = tallyOfReport(report, status);
  total.passed += tally.passed;
  total.failed += tally.failed;
  const seconds = Math.round((performance.now() - start) / 1_000);
  lines.push(`${name}: ${tallyLine(tally)} in ${seconds} s`);
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
