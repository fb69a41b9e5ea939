/**
 * Runs the test command and then every check at full depth; the last line counts them all.
 * With `--all` the test command is left out, because the full depth includes it.
 */
import { spawn } from "node:child_process";
import { type Tally, tallyLine } from "./tally.ts";

interface Step {
  readonly command: readonly [program: string, ...args: string[]];
  /** Whether its last line is a count. A step without one counts as one check. */
  readonly isCounted: boolean;
}

const counted = (...command: Step["command"]): Step => ({ command, isCounted: true });

const isAfterQuick = !process.argv.includes("--all");
const rest = isAfterQuick ? ["--rest"] : [];
const full: readonly Step[] = [
  { command: ["npm", "run", "check"], isCounted: false },
  counted("node_modules/.bin/node", "scripts/test.ts", "--all", ...rest),
  counted("npm", "run", "test:coverage"),
  counted("npm", "run", "test:fuzz"),
  counted("npm", "run", "test:planted-faults"),
  counted("npm", "run", "test:soak"),
  counted("npm", "run", "test:packages"),
  counted("npm", "run", "test:node-versions"),
  counted("npm", "run", "attack", "--", "--short"),
];
const steps = isAfterQuick ? [counted("npm", "test"), ...full] : full;

const total: Tally = { passed: 0, failed: 0 };

/** Runs a step; returns what it counted. One that should count and does not, or exits with an error, has failed. */
async function runStep({ command: [program, ...args], isCounted }: Step): Promise<Tally> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let last = "";
  for await (const piece of child.stdout) {
    process.stdout.write(piece);
    last = (last + piece).slice(-4_096);
  }
  const status = child.exitCode ?? (await new Promise((resolve) => child.once("exit", resolve)));
  if (!isCounted) return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
  const count = [...last.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  const tally = { passed: Number(count?.[1] ?? 0), failed: Number(count?.[2] ?? 1) };
  if (status !== 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}

const lines: string[] = [];
for (const step of steps) {
  const name = step.command.join(" ");
  console.log(`\n=== ${name}`);
  const start = performance.now();
  const tally = await runStep(step);
  lines.push(`${name}: ${tallyLine(tally)}, ${Math.round((performance.now() - start) / 1_000)} s`);
  total.passed += tally.passed;
  total.failed += tally.failed;
}
console.log(`\n${lines.join("\n")}`);
console.log(tallyLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;
