/** The command line of the benchmarks; see README.md. */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Context } from "./instrument/context.ts";
import { Core, describeMachine } from "./instrument/machine.ts";
import { Subprocess, stopAll } from "./instrument/processes.ts";
import { formatTable, writeReport } from "./instrument/report.ts";
import type { Table } from "./instrument/results.ts";
import { findRuntimes, packageVersion, root } from "./instrument/runtimes.ts";
import { suites } from "./suites/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runtime: { type: "string", multiple: true, default: [] },
    "node-versions": { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    size: { type: "string" },
    work: { type: "string", default: "" },
    connections: { type: "string" },
    quick: { type: "boolean", default: false },
    busy: { type: "boolean", default: false },
    out: { type: "string", default: `${root}/.artifacts/benchmarks` },
    help: { type: "boolean", default: false },
  },
});
const { quick } = values;

function number(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value > 0)) throw new Error(`not a positive number: ${text}`);
  return value;
}

function help(): string {
  const usage = "node benchmarks/run.ts [SUITE...] [options, see benchmarks/README.md]\n";
  return [usage, ...suites.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`)].join("\n");
}

function versions(context: Context): Record<string, string> {
  const packages = ["ws", "bufferutil", "undici", "websocket", "websocket-driver"];
  return Object.fromEntries([
    ...context.runtimes.map(({ name, version }) => [name, version]),
    ...packages.map((name) => [name, packageVersion(name)]),
  ]);
}

/** Starts another service on the core of the measured process. */
async function startNeighbour(note: Context["note"]): Promise<void> {
  const [runtime] = findRuntimes(["node"], false, note);
  await Subprocess.start(Core.Measured, { runtime, script: "load/neighbour.ts" });
  note("Busy: another process uses half of the measured core and its caches.");
}

async function main(): Promise<void> {
  if (values.help) return console.log(help());
  const unknown = positionals.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) throw new Error(`unknown suite ${unknown}\n\n${help()}`);
  const notes: string[] = [];
  const note = (text: string) => {
    notes.push(text);
    console.error(text);
  };
  const context: Context = {
    runtimes: findRuntimes(values.runtime, values["node-versions"], note),
    rounds: number(values.rounds, quick ? 2 : 5),
    seconds: number(values.seconds, quick ? 0.1 : 0.15),
    quick,
    size: values.size === undefined ? undefined : number(values.size, 0),
    work: values.work,
    connections: number(values.connections, quick ? 2_000 : 8_000),
    note,
    progress: (text) => console.error(`  ${text}`),
  };
  const load = loadavg()[0];
  if (load > 0.5) note(`The machine was not idle at the start: load average ${load.toFixed(1)}.`);
  if (values.busy) await startNeighbour(note);
  const started = performance.now();
  const tables: Table[] = [];
  for (const suite of suites) {
    if (positionals.length > 0 && !positionals.includes(suite.name)) continue;
    console.error(`${suite.name}: ${suite.about}`);
    const results = (await suite.run(context)).filter(({ rows }) => rows.length > 0);
    tables.push(...results);
    for (const table of results) console.log(`\n${formatTable(table)}`);
  }
  const { runtimes: _, note: _note, progress: _progress, ...settings } = context;
  writeReport(values.out, {
    date: new Date().toISOString(),
    facts: { ...versions(context), ...describeMachine() },
    settings: { suites: positionals, ...settings },
    notes,
    tables,
  });
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.error(`${minutes} minutes; written to ${values.out}/report.md and report.json`);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    stopAll();
    process.exit(130);
  });
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  stopAll();
}
