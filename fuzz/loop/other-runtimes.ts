import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fuzzFolder } from "./corpus.ts";
import type { BlindJob, Finding, Job, Outcome } from "./job.ts";

/** Runtimes without V8's block coverage, by the command line before the script. */
const commands = {
  deno: ["deno", "run", "-A", "--no-lock", "--conditions=@framewright/source"],
  bun: ["bun", "--conditions=@framewright/source"],
} as const;
export type OtherRuntime = keyof typeof commands;

/** Targets that run on all runtimes, because their code differs there. */
export const targetsOnAllRuntimes = ["whole-connections"];
/** Seconds that a process may take longer than it was asked to. */
const grace = 60;

/** Runs a job in a process of another runtime. A process that dies or hangs is a finding. */
export async function runOnOther(runtime: OtherRuntime, job: Job): Promise<Outcome> {
  const artifacts = join(fuzzFolder, "..", ".artifacts");
  mkdirSync(artifacts, { recursive: true });
  const currentFile = join(artifacts, `fuzz-${runtime}-${process.pid}.bin`);
  const { output, errors, status } = await run(runtime, { ...job, currentFile });
  const line = output.split("\n").find((text) => text.startsWith("{"));
  if (line === undefined) {
    const error = `the process ended with ${status}: ${errors.slice(-4_000)}`;
    return outcomeOf({ data: new Uint8Array(readFileSync(currentFile)), error }, {});
  }
  const { finding, ...progress } = JSON.parse(line);
  if (finding === undefined) return outcomeOf(undefined, progress);
  return outcomeOf(
    { ...finding, data: new Uint8Array(Buffer.from(finding.data, "hex")) },
    progress,
  );
}

function outcomeOf(finding: Finding | undefined, progress: object): Outcome {
  const unknown = {
    executions: 0,
    milliseconds: Number.NaN,
    edges: Number.NaN,
    corpus: Number.NaN,
  };
  const result = { progress: { ...unknown, ...progress }, added: [], kept: [] };
  return finding === undefined ? result : { ...result, finding };
}

function run(runtime: OtherRuntime, job: BlindJob) {
  const [name, ...flags] = commands[runtime];
  const executable = join(fuzzFolder, "..", "node_modules", ".bin", name);
  const child = spawn(
    executable,
    [...flags, join(fuzzFolder, "loop", "blind.ts"), JSON.stringify(job)],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    },
  );
  const result = { output: "", errors: "", status: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    result.output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    result.errors += text;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), (job.seconds + grace) * 1_000);
  return new Promise<typeof result>((resolve) => {
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      result.status = String(code ?? signal);
      resolve(result);
    });
  });
}
