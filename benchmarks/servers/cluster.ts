/**
 * A server of two processes on one port with Node's cluster module. This process only distributes
 * connections.
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";

export interface ClusterSettings {
  /** Script of each process, relative to this folder. */
  readonly worker: string;
}

const { worker: script } = runnerOptions<ClusterSettings>();
cluster.setupPrimary({ exec: `${import.meta.dirname}/${script}`, args: ["{}"], silent: true });

/** Starts a process and waits until it reports its port. */
async function fork(): Promise<{ pid: number; port: number }> {
  const worker: Worker = cluster.fork();
  const { stdout, pid } = worker.process;
  worker.on("exit", () => fail(`${script} ended`));
  if (stdout === null || pid === undefined) throw new Error(`${script} did not start`);
  const [line] = await once(createInterface({ input: stdout }), "line");
  return { pid, port: JSON.parse(line).port };
}

const workers = [await fork(), await fork()];
serveRunner({ port: workers[0].port, pids: [process.pid, ...workers.map(({ pid }) => pid)] });
