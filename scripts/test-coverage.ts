/**
 * Runs the tests of the codec at full depth and measures what each module's own tests cover.
 * `test/frame/header.test.ts` and `test/frame/header-*.test.ts` alone must cover all statements,
 * branches and functions of `src/frame/header.ts`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { type CodecModule, codecModules } from "./codec-modules.ts";
import { type Tally, tallyLine, tallyOfReport } from "./tally.ts";

const results = ".artifacts/coverage";
const testReport = ".artifacts/tests-coverage.json";
const report = `${results}/coverage-final.json`;

interface Place {
  readonly start: { readonly line?: number; readonly column?: number };
}

/** The used part of one file's entry in the `json` report, in Istanbul's format. */
interface FileCoverage {
  readonly statementMap: Readonly<Record<string, Place>>;
  readonly s: Readonly<Record<string, number>>;
  readonly fnMap: Readonly<Record<string, { readonly name: string; readonly loc: Place }>>;
  readonly f: Readonly<Record<string, number>>;
  readonly branchMap: Readonly<
    Record<
      string,
      { readonly type: string; readonly loc: Place; readonly locations: readonly Place[] }
    >
  >;
  readonly b: Readonly<Record<string, readonly number[]>>;
}

/** Returns the uncovered places of a file, each as `place: what`. */
function uncoveredPlaces(file: string, coverage: FileCoverage): string[] {
  const at = ({ start }: Place, outer?: Place) =>
    `${file}:${start.line ?? outer?.start.line}:${(start.column ?? outer?.start.column ?? 0) + 1}`;
  const zeros = (counts: Readonly<Record<string, number>>) =>
    Object.keys(counts).filter((id) => counts[id] === 0);
  return [
    ...zeros(coverage.f).map((id) => {
      const { name, loc } = coverage.fnMap[id];
      return `${at(loc)}: function ${name} is never called`;
    }),
    ...zeros(coverage.s).map((id) => `${at(coverage.statementMap[id])}: statement never runs`),
    ...Object.entries(coverage.b).flatMap(([id, counts]) => {
      const { type, loc, locations } = coverage.branchMap[id];
      return [...counts.keys()]
        .filter((way) => counts[way] === 0)
        .map((way) => `${at(locations[way], loc)}: path ${way + 1} of this ${type} is never taken`);
    }),
  ];
}

/** Runs the tests of the codec at full depth, each file in a process of its own, and counts them. */
function runTests(): Tally {
  const { status } = spawnSync(
    "node_modules/.bin/node",
    [
      ...["node_modules/vitest/vitest.mjs", "run", "packages/codec"],
      ...["--reporter=./scripts/progress-reporter.ts", "--reporter=json", "--maxWorkers=2"],
      `--outputFile.json=${testReport}`,
      ...["--coverage.enabled", "--coverage.provider=custom"],
      "--coverage.customProviderModule=./scripts/own-coverage-provider.ts",
      ...["--coverage.include=packages/codec/src/**"],
      ...["--coverage.reporter=json", `--coverage.reportsDirectory=${results}`],
    ],
    {
      stdio: "inherit",
      // With fewer random cases, which branches are taken would be luck.
      env: { ...process.env, FRAMEWRIGHT_TEST_DEPTH: "full" },
    },
  );
  return tallyOfReport(testReport, status);
}

/** Returns what a module's own tests leave out. */
function missing({ file, tests }: CodecModule, coverage: FileCoverage | undefined): string[] {
  const path = relative(".", file);
  if (tests.length === 0) return [`${path}: has no test of its own`];
  return coverage === undefined ? [`${path}: was not measured`] : uncoveredPlaces(path, coverage);
}

rmSync(results, { recursive: true, force: true });
const tally = runTests();
const covered: Record<string, FileCoverage> = existsSync(report)
  ? JSON.parse(readFileSync(report, "utf8"))
  : {};
for (const module of codecModules()) {
  const places = missing(module, covered[module.file]);
  tally[places.length === 0 ? "passed" : "failed"]++;
  const path = relative(".", module.file);
  console.log(places.length === 0 ? `ok ${path}` : `FAILED ${path}\n  ${places.join("\n  ")}`);
}
console.log(tallyLine(tally));
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
