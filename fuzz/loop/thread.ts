import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { fuzzFolder, readCorpus } from "./corpus.ts";
import { Coverage } from "./coverage.ts";
import { CurrentInput } from "./current-input.ts";
import type { Job, Outcome } from "./job.ts";
import { Search, type Target } from "./search.ts";

/** Runs one target in its own thread, which the main thread terminates if it hangs. */
async function runJob(job: Job, current: CurrentInput): Promise<Outcome> {
  const packages = pathToFileURL(join(fuzzFolder, "..", "packages")).href;
  // Start before the target is loaded, because V8 counts blocks only of code compiled from now on.
  const coverage = new Coverage(
    (url) => url.startsWith(`${packages}/`) && url.includes("/src/"),
    job.mode === "minimize",
  );
  const target: Target = await import(pathToFileURL(targetPath(job.target)).href);
  const search = new Search(target, coverage, current, job.seed);
  const start = performance.now();
  coverage.reset();
  const kept = await replayCorpus(job, search);
  while (
    job.mode === "search" &&
    search.finding === undefined &&
    performance.now() - start < job.seconds * 1000
  ) {
    await search.runBatch();
  }
  const progress = {
    executions: search.executions,
    milliseconds: performance.now() - start,
    edges: coverage.edges,
    corpus: search.entries.length,
  };
  const { finding, added } = search;
  return finding === undefined ? { progress, added, kept } : { progress, added, kept, finding };
}

/** Runs all corpus files. Returns the names of those to keep. */
async function replayCorpus({ target, mode }: Job, search: Search): Promise<string[]> {
  const files = readCorpus(target);
  // Prefer files named by a person, then the shortest that does something new.
  if (mode === "minimize") {
    const rank = (name: string) => (name.length === 44 ? 1 : 0);
    files.sort((a, b) => rank(a.name) - rank(b.name) || a.data.length - b.data.length);
  }
  const kept: string[] = [];
  for (const { name, data } of files) {
    if (await search.replay(data, name)) kept.push(name);
    if (search.finding !== undefined) break;
  }
  return kept;
}

function targetPath(target: string): string {
  return join(fuzzFolder, "targets", `${target}.ts`);
}

const { job, memory } = workerData as { job: Job; memory: SharedArrayBuffer };
parentPort?.postMessage(await runJob(job, new CurrentInput(memory)));
