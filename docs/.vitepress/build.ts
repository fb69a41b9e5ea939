/**
 * Builds the site into docs/.vitepress/dist and checks it. The last line counts the checks.
 * `--check` alone checks what was built before.
 */
import { build } from "vitepress";
import { tallyLine } from "../../scripts/tally.ts";
import { staleCharts } from "./charts.ts";
import { checkFiles } from "./check-files.ts";
import { checkPages } from "./check-pages.ts";
import { prepareSite } from "./prepare.ts";
import { repositoryPath } from "./repository.ts";

if (!process.argv.includes("--check")) {
  await prepareSite();
  await build(repositoryPath("docs"));
}
const dist = repositoryPath("docs/.vitepress/dist");
const results = [
  ...checkFiles(dist),
  { name: "charts are current", faults: staleCharts() },
  ...(await checkPages(dist)),
];
const failures = results.filter(({ faults }) => faults.length > 0);
for (const { name, faults } of failures) console.error(`${name}:\n  ${faults.join("\n  ")}`);
console.log(tallyLine({ passed: results.length - failures.length, failed: failures.length }));
process.exit(failures.length === 0 ? 0 : 1);
