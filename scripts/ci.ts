/** Runs the test command and the wider checks, and closes with one line that counts them all. */
import { spawn } from "node:child_process";
import { type Tally, tallyLine } from "./tally.ts";

/** Each prints a line of its own count last. */
const steps = [
  ["npm", "test"],
  ["npm", "run", "test:coverage"],
  ["npm", "run", "test:fuzz"],
  ["npm", "run", "test:planted-faults"],
  ["npm", "run", "test:packages"],
  ["npm", "run", "test:node-versions"],
] as const;

const total: Tally = { passed: 0, failed: 0 };

/** Runs a step; returns what it counted. One that counts nothing or exits with an error has failed. */
async function runStep(program: string, args: readonly string[]): Promise<Tally> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let last = "";
  for await (const piece of child.stdout) {
    process.stdout.write(piece);
    last = (last + piece).slice(-4_096);
  }
  const status = child.exitCode ?? (await new Promise((resolve) => child.once("exit", resolve)));
  const count = [...last.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  const tally = { passed: Number(count?.[1] ?? 0), failed: Number(count?.[2] ?? 1) };
  if (status !== 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}

for (const [program, ...args] of steps) {
  const command = [program, ...args].join(" ");
  console.log(`\n=== ${command}`);
  const start = performance.now();
  const { passed, failed } = await runStep(program, args);
  console.log(`${command} took ${Math.round((performance.now() - start) / 1_000)} s`);
  total.passed += passed;
  total.failed += failed;
}
console.log(tallyLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;
