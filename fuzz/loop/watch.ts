import { Worker } from "node:worker_threads";
import { CurrentInput } from "./current-input.ts";
import type { Finding, Job, Outcome } from "./job.ts";

/** Seconds after which an input counts as hanging. Inputs normally take milliseconds. */
const hangSeconds = 10;
const pollMilliseconds = 250;

/** Runs a job in a thread. Reports an input that hangs or exhausts the memory as a finding. */
export function runWatched(job: Job): Promise<Outcome> {
  const current = new CurrentInput();
  const worker = new Worker(new URL("./thread.ts", import.meta.url), {
    workerData: { job, memory: current.memory },
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
  return new Promise((resolve, reject) => {
    const timer = watchCounter(current, () => {
      void worker.terminate();
      resolve(lost(current, `the input took more than ${hangSeconds} seconds`));
    });
    worker.once("message", (outcome: Outcome) => {
      resolve(outcome);
      // Targets with servers would keep the thread alive.
      void worker.terminate();
    });
    worker.once("error", (error) => {
      const isRunning = current.counter % 2 === 1;
      if (isRunning) resolve(lost(current, `the thread died: ${error}`));
      else reject(error);
    });
    worker.once("exit", () => {
      clearInterval(timer);
      reject(new Error("the thread ended without an outcome"));
    });
  });
}

/** Calls `onHang` once the same input has run for too long. */
function watchCounter(current: CurrentInput, onHang: () => void): NodeJS.Timeout {
  let counter = -1;
  let polls = 0;
  const timer = setInterval(() => {
    const { counter: now } = current;
    polls = now === counter && now % 2 === 1 ? polls + 1 : 0;
    counter = now;
    if (polls * pollMilliseconds < hangSeconds * 1000) return;
    clearInterval(timer);
    onHang();
  }, pollMilliseconds);
  return timer;
}

/** Returns the outcome of a run whose thread has gone. */
function lost(current: CurrentInput, error: string): Outcome {
  const finding: Finding = { data: current.read(), error };
  const executions = current.counter >> 1;
  const progress = { executions, milliseconds: Number.NaN, edges: Number.NaN, corpus: Number.NaN };
  return { progress, finding, added: [], kept: [] };
}
