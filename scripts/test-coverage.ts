/**
 * Measures what each module of the codec's own tests cover. `test/frame/header.test.ts` and
 * `test/frame/header-*.test.ts` alone must cover all statements, branches and functions of
 * `src/frame/header.ts`.
 */
import { spawn } from "node:child_process";
import { globSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { forEachParallel } from "../fuzz/loop/parallel.ts";
import { type Tally, tallyLine } from "./tally.ts";

const codec = "packages/codec";
const results = ".artifacts/coverage";
const atOnce = 2;

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

/** Returns whether a file declares only types, so that there is nothing to run. */
function hasOnlyTypes(file: string): boolean {
  const { outputText } = ts.transpileModule(readFileSync(join(codec, "src", file), "utf8"), {
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      removeComments: true,
    },
  });
  return outputText.trim() === "export {};";
}

/** Modules without extension, relative to `src`. */
const modules = globSync("**/*.ts", { cwd: join(codec, "src") })
  .filter((file) => !hasOnlyTypes(file))
  .map((file) => file.slice(0, -".ts".length))
  // Entry points only export what other modules declare.
  .filter((module) => !/(^|\/)index$|^internal$/.test(module))
  .sort();

/**
 * Returns the module that a test file tests: the one with the longest name that starts the test's
 * name.
 */
function moduleOf(test: string): string | undefined {
  const name = test.slice(0, -".test.ts".length);
  return modules
    .filter((module) => name === module || name.startsWith(`${module}-`))
    .sort((left, right) => right.length - left.length)[0];
}

const tests = globSync("**/*.test.ts", { cwd: join(codec, "test") });

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

/** Runs vitest. Returns its output and whether all tests passed. */
async function runTests(file: string, own: readonly string[], reports: string) {
  const child = spawn(
    "node_modules/.bin/node",
    [
      ...["node_modules/vitest/vitest.mjs", "run", ...own, "--reporter=dot", "--maxWorkers=1"],
      ...["--coverage.enabled", "--coverage.provider=v8", `--coverage.include=${file}`],
      ...["--coverage.reporter=json", `--coverage.reportsDirectory=${reports}`],
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      // With fewer random cases, which branches are taken would be luck.
      env: { ...process.env, FRAMEWRIGHT_TEST_DEPTH: "full" },
    },
  );
  let output = "";
  const take = (piece: Buffer) => {
    output += piece;
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const status = await new Promise((settle) => child.once("close", settle));
  return { passed: status === 0, output };
}

/** Returns whether a module's own tests pass and cover it fully. Prints what is missing. */
async function check(module: string): Promise<boolean> {
  const file = join(codec, "src", `${module}.ts`);
  const own = tests.filter((test) => moduleOf(test) === module);
  if (own.length === 0) {
    console.log(`FAILED ${file}: has no test of its own`);
    return false;
  }
  const reports = join(results, module.replaceAll("/", "-"));
  const paths = own.map((test) => join(codec, "test", test));
  const { passed, output } = await runTests(file, paths, reports);
  if (!passed) {
    console.log(`FAILED ${file}: its tests failed\n${output}`);
    return false;
  }
  const report: Record<string, FileCoverage> = JSON.parse(
    readFileSync(join(reports, "coverage-final.json"), "utf8"),
  );
  const coverage = report[resolve(file)];
  const missing =
    coverage === undefined ? [`${file}: was not measured`] : uncoveredPlaces(file, coverage);
  console.log(missing.length === 0 ? `ok ${file}` : `FAILED ${file}\n  ${missing.join("\n  ")}`);
  return missing.length === 0;
}

rmSync(results, { recursive: true, force: true });
const tally: Tally = { passed: 0, failed: 0 };
await forEachParallel(modules, atOnce, async (module) => {
  if (await check(module)) tally.passed++;
  else tally.failed++;
});
console.log(`reports: ${relative(".", results)}`);
console.log(tallyLine(tally));
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
