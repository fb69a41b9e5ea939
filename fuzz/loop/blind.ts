/**
 * Searches without coverage, on a runtime that has none to offer: replays the corpus of a target and
 * runs mutations of its inputs. The runner starts it in its own process, and knows the input that ran
 * if the process dies.
 */
import { writeFileSync } from "node:fs";
import { readCorpus } from "./corpus.ts";
import type { BlindJob } from "./job.ts";
import { Search, type Target } from "./search.ts";

const job: BlindJob = JSON.parse(process.argv[2]);
const target: Target = await import(`../targets/${job.target}.ts`);
const noCoverage = { work: 0, countNewOfInput: () => 0, countNewOfBatch: () => 0 };
const current = {
  begin: (data: Uint8Array) => writeFileSync(job.currentFile, data),
  end() {},
};
const search = new Search(target, noCoverage, current, job.seed);
const start = performance.now();
const isOver = () =>
  search.finding !== undefined || performance.now() - start > job.seconds * 1_000;

for (const { name, data } of readCorpus(job.target)) {
  await search.replay(data, name);
  if (search.finding !== undefined) break;
}
while (job.mode === "search" && !isOver()) await search.runBatch();
const { finding } = search;
const outcome = {
  executions: search.executions,
  milliseconds: performance.now() - start,
  corpus: search.entries.length,
  ...(finding === undefined
    ? {}
    : { finding: { ...finding, data: Buffer.from(finding.data).toString("hex") } }),
};
process.stdout.write(`${JSON.stringify(outcome)}\n`);
process.exit();
