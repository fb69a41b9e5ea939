/**
 * Runs the tests: the pure packages on Node, Deno and Bun, each transport on its own runtime, and the conformance
 * suite, which starts all three itself. See CONTRIBUTING.md for the arguments.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Tally, tallyLine, tallyOfReport } from "./tally.ts";
import { allParts, type Part } from "./test-parts.ts";

const usage = `usage: npm test [-- [--all [--rest]] [FILTER...]]

  --all    at full depth: whole tables, all random cases, the attacks
  --rest   leaves out what runs no deeper with --all, the codec, which test:coverage runs at full
           depth, and files whose full depth takes half a minute or more each
  FILTER   node, deno or bun: that runtime alone; else a part of a test file's path`;

const vitest = "node_modules/vitest/vitest.mjs";
const commands = { node: [], deno: ["run", "-A", "--no-lock"], bun: ["--bun"] };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    rest: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit();
}

/** The parts that the filters leave, with the files that they leave. */
function chosenParts(): Part[] {
  const runtimes = positionals.filter((word) => Object.hasOwn(commands, word));
  const words = positionals.filter((word) => !Object.hasOwn(commands, word));
  return allParts()
    .filter(({ runtime }) => runtimes.length === 0 || runtimes.includes(runtime))
    .filter(({ isDeeper, environment }) => isDeeper || environment || !values.rest)
    .filter(
      ({ name, environment }) =>
        values.all || words.length > 0 || !(environment || /attacks/.test(name)),
    )
    .map((part) => {
      const files = part.files
        .filter((file) => words.every((word) => file.includes(word)))
        .filter(
          (file) => !values.rest || part.environment || (runsDeeper(file) && !runsElsewhere(file)),
        )
        .filter((file) => values.all || words.length > 0 || !isSkippedInQuickRuns(file));
      return { ...part, files };
    })
    .filter(({ files }) => files.length > 0);
}

/** Whether a test file does more at full depth: it asks how deep it goes, has random cases, or is an attack. */
function runsDeeper(file: string): boolean {
  return (
    isSkippedInQuickRuns(file) || /test-depth|fast-check|attack/.test(readFileSync(file, "utf8"))
  );
}

/**
 * Whether a quick run leaves a file out. Hostile peers are the same on all runtimes, so it has them on
 * Node alone. Others take long and find faults that the quick samples of similar files rarely miss.
 */
function isSkippedInQuickRuns(file: string): boolean {
  return /(deno|bun)-transport.*(attacks|hostile)|browser\/(wire-panel|room)\.|deflate\/receiving|proxies\/rollover|foreign-compression/.test(
    file,
  );
}

const filesForReleases = [
  "/test/exit.test.ts",
  "/test/browser/chat.test.ts",
  "/test/browser/deflate.test.ts",
  "/test/peers/compressed-clients.test.ts",
  "/test/peers/compressed-servers.test.ts",
  "/test/differential/every-header.test.ts",
  "/test/faults/crash.test.ts",
  "/test/reconnecting/herd.test.ts",
];

/**
 * Whether `--rest` leaves out the full depth of a file: that of the codec runs with coverage, and that
 * of others takes half a minute or more each and is for releases.
 */
function runsElsewhere(file: string): boolean {
  return /^packages\/codec\//.test(file) || filesForReleases.some((name) => file.endsWith(name));
}

function run({ name, runtime, files, flags, environment, isDeeper }: Part): Tally {
  const report = `.artifacts/tests-${name.replaceAll(" ", "-")}.json`;
  const reporters = ["--reporter=./scripts/progress-reporter.ts", "--reporter=json"];
  const { status } = spawnSync(
    `node_modules/.bin/${runtime}`,
    [
      ...commands[runtime],
      ...[vitest, "run", ...files, ...flags, ...reporters, `--outputFile.json=${report}`],
    ],
    {
      stdio: "inherit",
      env: {
        ...process.env,
        ...environment,
        DENO_NO_UPDATE_CHECK: "1",
        FRAMEWRIGHT_TEST_DEPTH: values.all && isDeeper ? "full" : "quick",
      },
    },
  );
  return tallyOfReport(report, status);
}

/** Says which tests could not run on this machine. */
function printLeftOut(): void {
  if (!existsSync("/usr/bin/chromium")) {
    console.log("left out: tests in a browser, because /usr/bin/chromium is not there");
  }
  for (const [name, program, ...check] of [
    ["python3-tornado", "/usr/bin/python3", "-c", "import tornado"],
    ["libmojolicious-perl", "/usr/bin/perl", "-MMojolicious", "-e", "1"],
    ["nginx-light", "/usr/sbin/nginx", "-v"],
    ["haproxy", "/usr/sbin/haproxy", "-v"],
    ["nghttp2-client", "/usr/bin/nghttp", "--version"],
    ["tinyproxy-bin", "/usr/bin/tinyproxy", "-v"],
    ["squid", "/usr/sbin/squid", "-v"],
    ["microsocks", "/usr/bin/which", "microsocks"],
    ["tmux", "/usr/bin/tmux", "-V"],
  ]) {
    if (spawnSync(program, check).status === 0) continue;
    console.log(`left out: tests with Debian's package ${name}, which is not installed`);
  }
}

mkdirSync(".artifacts", { recursive: true });
const parts = chosenParts();
if (parts.length === 0) console.log(`no test file matches\n\n${usage}`);
const total: Tally = { passed: 0, failed: parts.length === 0 ? 1 : 0 };
const lines: string[] = [];
for (const [index, part] of parts.entries()) {
  console.log(`\n--- ${part.name} (${index + 1} of ${parts.length})`);
  const start = performance.now();
  const tally = run(part);
  total.passed += tally.passed;
  total.failed += tally.failed;
  const seconds = Math.round((performance.now() - start) / 1_000);
  lines.push(`${part.name}: ${tallyLine(tally)}, ${seconds} s`);
}
console.log(`\n${lines.join("\n")}`);
if (positionals.length === 0) printLeftOut();
console.log(tallyLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;
