/**
 * Soaks servers and clients of all runtimes: many connections with messages of all sizes, ended and
 * opened again at random, every message accounted for. See docs/reliability.md.
 */
import { parseArgs } from "node:util";
import { type Runtime, runtimes } from "../src/runtimes.ts";
import { Checks } from "./checks.ts";
import { idle } from "./idle.ts";
import { soak } from "./soak.ts";

const usage = `usage: npm run soak -- [options]

  --runtime NAME     node, deno or bun; may be repeated (all, at the same time)
  --connections N    connections of each runtime (1000; 15000 with --idle)
  --seconds N        seconds after the warm-up (1800)
  --warm-up N        seconds before memory is first measured (60)
  --timeout N        seconds after which the server gives up clients that have vanished (20)
  --rate N           messages a second to each server, which answers each (40)
  --publish-rate N   messages a second to topics (2)
  --idle             instead: idle connections and broadcasts, one runtime after the other
`;

const { values } = parseArgs({
  options: {
    runtime: { type: "string", multiple: true, default: [] },
    connections: { type: "string" },
    seconds: { type: "string", default: "1800" },
    "warm-up": { type: "string", default: "60" },
    timeout: { type: "string", default: "20" },
    rate: { type: "string", default: "40" },
    "publish-rate": { type: "string", default: "2" },
    idle: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const chosen = runtimes.filter(
  ({ name }) => values.runtime.length === 0 || values.runtime.includes(name),
);
const { connections: wanted = values.idle ? "15000" : "1000" } = values;
const numbers = [wanted, values.seconds, values["warm-up"], values.rate].map(Number);
if (values.help || chosen.length === 0 || !numbers.every((number) => number > 0)) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}
const [connections, seconds, warmUpSeconds, rate] = numbers;
const options = {
  connections,
  seconds,
  warmUpSeconds,
  rate,
  timeoutSeconds: Number(values.timeout),
  publishRate: Number(values["publish-rate"]),
};

async function runOn(runtime: Runtime): Promise<Checks> {
  const checks = new Checks(runtime.name);
  const run = values.idle ? idle(runtime, connections, checks) : soak(runtime, options, checks);
  await run.catch((error) => checks.fault(String(error)));
  checks.finish();
  return checks;
}

const all: Checks[] = [];
if (values.idle) for (const runtime of chosen) all.push(await runOn(runtime));
else all.push(...(await Promise.all(chosen.map(runOn))));
const sum = (count: (checks: Checks) => number) =>
  all.reduce((total, checks) => total + count(checks), 0);
const failed = sum(({ failed }) => failed);
console.log(`${sum(({ passed }) => passed)} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
