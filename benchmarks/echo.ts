/**
 * Echo, ours beside each runtime's peers and raw TCP, in turns in one run.
 *
 * node echo.ts [--runtime node|deno|bun] [--rounds 5]: prints the server's CPU time per message (median) and
 * its ratio to ours.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { runtime: { type: "string" }, rounds: { type: "string", default: "5" } },
});
const root = resolve(import.meta.dirname, "..");
const bin = (name: string) => `${root}/node_modules/.bin/${name}`;
/** Linux counts CPU time in ticks of 10 ms. */
const ticksPerSecond = 100;

const runtimes: Record<string, { command: string[]; servers: Record<string, string> }> = {
  node: {
    command: [bin("node")],
    servers: {
      ours: "examples/echo/node.ts",
      ws: "benchmarks/servers/ws-node.ts",
      "raw TCP": "benchmarks/servers/raw-node.ts",
    },
  },
  deno: {
    command: [bin("deno"), "run", "-A", "--no-lock"],
    servers: {
      ours: "examples/echo/deno.ts",
      native: "benchmarks/servers/native-deno.ts",
      "raw TCP": "benchmarks/servers/raw-deno.ts",
    },
  },
  bun: {
    command: [bin("bun")],
    servers: {
      ours: "examples/echo/bun.ts",
      native: "benchmarks/servers/native-bun.ts",
      "raw TCP": "benchmarks/servers/raw-bun.ts",
    },
  },
};

const works = [
  { name: "one in flight, 32 B", connections: 64, depth: 1, size: 32, messages: 100_000 },
  { name: "pipelined, 64 B", connections: 16, depth: 64, size: 64, messages: 2_000_000 },
  { name: "pipelined, 1 KiB", connections: 16, depth: 16, size: 1_024, messages: 400_000 },
  { name: "64 KiB", connections: 8, depth: 1, size: 65_536, messages: 10_000 },
];

const pinning = existsSync("/usr/bin/taskset");
const pinned = (core: number, command: readonly string[]) =>
  pinning ? ["/usr/bin/taskset", "-c", `${core}`, ...command] : [...command];

async function start(command: readonly string[], script: string) {
  const [program, ...args] = pinned(0, [...command, `${root}/${script}`, "--port", "0"]);
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1" };
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], cwd: root, env });
  const url = await new Promise<string>((resolveUrl, reject) => {
    child.once("exit", () => reject(new Error(`${script} ended`)));
    child.stdout.on("data", (line) => {
      const match = /listening on (\S+)/.exec(`${line}`);
      if (match !== null) resolveUrl(match[1]);
    });
  });
  return { child, url };
}

/** CPU seconds of a process and all its threads so far. */
function cpuSeconds(child: ChildProcess): number {
  const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function load(url: string, work: (typeof works)[number]): void {
  const numbers = [work.connections, work.depth, work.size, work.messages].map(String);
  const [program, ...args] = pinned(1, [
    bin("node"),
    `${root}/benchmarks/load.ts`,
    url,
    ...numbers,
  ]);
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 120_000 });
  if (status !== 0) throw new Error(`load on ${url}: ${stderr}`);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

for (const [runtime, { command, servers }] of Object.entries(runtimes)) {
  if (values.runtime !== undefined && values.runtime !== runtime) continue;
  const version = spawnSync(command[0], ["--version"], { encoding: "utf8" }).stdout.split("\n")[0];
  console.log(`\n${runtime} ${version}: CPU us per message of the server, and its ratio to ours`);
  for (const work of works) {
    const running = [];
    for (const [name, script] of Object.entries(servers)) {
      running.push({ name, times: [] as number[], ...(await start(command, script)) });
    }
    // One round more than counts, so that everything is compiled.
    for (let round = 0; round <= Number(values.rounds); round++) {
      for (const { child, url, times } of running) {
        const before = cpuSeconds(child);
        load(url, work);
        if (round > 0) times.push(((cpuSeconds(child) - before) / work.messages) * 1e6);
      }
    }
    const ours = median(running[0].times);
    const cells = running.map(({ name, times }) => {
      const middle = median(times);
      const spread = `${Math.min(...times).toFixed(2)}-${Math.max(...times).toFixed(2)}`;
      return `${name} ${middle.toFixed(2)} [${spread}] (${(middle / ours).toFixed(2)}x)`;
    });
    console.log(`${work.name}: ${cells.join(", ")}`);
    for (const { child } of running) child.kill("SIGKILL");
  }
}
