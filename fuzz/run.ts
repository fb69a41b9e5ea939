import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzzFolder, removeOthers, writeInput } from "./loop/corpus.ts";
import type { Finding, Job, Outcome } from "./loop/job.ts";
import { type OtherRuntime, runOnOther, targetsOnAllRuntimes } from "./loop/other-runtimes.ts";
import { forEachParallel } from "./loop/parallel.ts";
import { runWatched } from "./loop/watch.ts";

const usage = `usage: node fuzz/run.ts <target|all> [options]

  --seconds N     seconds to search per target (30)
  --seed N        random seed; printed, so that a run can be repeated
  --runtime NAME  node, deno or bun; without it all on which a target runs
  --save          add inputs that do something new to the corpus
  --corpus-only   run the corpus only, without searching
  --minimize      remove corpus files that add nothing to shorter ones
`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 2 ** 32) },
    runtime: { type: "string" },
    save: { type: "boolean", default: false },
    "corpus-only": { type: "boolean", default: false },
    minimize: { type: "boolean", default: false },
  },
});

const allTargets = readdirSync(join(fuzzFolder, "targets"))
  .map((file) => file.replace(/\.ts$/, ""))
  .sort();
const seed = Number(values.seed);
const seconds = Number(values.seconds);
const chosen = positionals[0] === "all" ? allTargets : positionals;
const isKnown = chosen.length > 0 && chosen.every((target) => allTargets.includes(target));
if (!isKnown || !(seconds >= 0) || !Number.isInteger(seed)) {
  process.stderr.write(`${usage}\ntargets: ${allTargets.join(", ")}\n`);
  process.exit(2);
}
const mode = values.minimize ? "minimize" : values["corpus-only"] ? "replay" : "search";
say(`node fuzz/run.ts, seed ${seed}`);

/** A target on a runtime. */
interface Run {
  readonly target: string;
  readonly runtime: "node" | OtherRuntime;
}
const runs = chosen.flatMap((target): Run[] => {
  // Only Node has the coverage that a corpus is minimised by.
  const isOnAll = targetsOnAllRuntimes.includes(target) && mode !== "minimize";
  const names = isOnAll ? (["node", "deno", "bun"] as const) : (["node"] as const);
  return names
    .filter((runtime) => values.runtime === undefined || values.runtime === runtime)
    .map((runtime) => ({ target, runtime }));
});
let failed = 0;
await forEachParallel(runs, availableParallelism(), async ({ target, runtime }) => {
  const job = { target, seconds, seed, mode } as const;
  const outcome = runtime === "node" ? await runWatched(job) : await runOnOther(runtime, job);
  report(job, runtime, outcome);
  if (outcome.finding !== undefined) failed++;
});
say(`${runs.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function report(job: Job, runtime: string, { progress, finding, added, kept }: Outcome): void {
  const { executions, milliseconds, edges, corpus } = progress;
  const perSecond = Math.round(executions / (milliseconds / 1000));
  const name = runtime === "node" ? job.target : `${job.target} on ${runtime}`;
  const found = runtime === "node" ? `${edges} edges, ` : "";
  say(
    `${name}: ${executions} executions, ${perSecond}/s, ${found}${corpus} inputs in the corpus (${added.length} new)`,
  );
  if (finding !== undefined) reportFinding(job, finding);
  if (values.save) for (const data of added) writeInput("corpus", job.target, data);
  if (mode === "minimize" && finding === undefined) {
    say(`${job.target}: ${removeOthers(job.target, new Set(kept))} files removed`);
  }
}

function reportFinding({ target }: Job, { data, error, file }: Finding): void {
  say(`${target}: FINDING${file === undefined ? "" : ` in corpus/${target}/${file}`}`);
  say(`  input: ${Buffer.from(data).toString("hex") || "(empty)"}`);
  say(`  text:  ${JSON.stringify(Buffer.from(data).toString("latin1"))}`);
  say(`  saved as ${writeInput("findings", target, data)}`);
  say(`  ${error.replaceAll("\n", "\n  ")}`);
}
