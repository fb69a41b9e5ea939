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
  /** A step that mostly waits or takes a given time, and runs at the same time. */
  readonly beside?: Step;
}

const counted = (...command: Step["command"]): Step => ({ command, isCounted: true });

const isAfterQuick = !process.argv.includes("--all");
const rest = isAfterQuick ? ["--rest"] : [];
const sample = isAfterQuick ? ["--", "--sample"] : [];
const full: readonly Step[] = [
  { command: ["npm", "run", "check"], isCounted: false },
  counted("node_modules/.bin/node", "scripts/test.ts", "--all", ...rest),
  { ...counted("npm", "run", "test:coverage"), beside: counted("npm", "run", "test:soak") },
  // Searches for as long as they are told, whatever runs beside.
  { ...counted("npm", "run", "docs:build"), beside: counted("npm", "run", "test:fuzz") },
  counted("npm", "run", "test:planted-faults", ...sample),
  counted("npm", "run", "test:packages"),
  counted("npm", "run", "test:node-versions"),
  counted("npm", "run", "attack", "--", "--short"),
];
const steps = isAfterQuick ? [counted("npm", "test"), ...full] : full;

const total: Tally = { passed: 0, failed: 0 };

/**
 * Runs a step and returns what it counted. One that should count and does not, or exits with an
 * error, has failed.
 *
 * @param print - Called with its output.
 */
async function runStep(
  { command: [program, ...args], isCounted }: Step,
  print: (piece: Buffer) => unknown,
): Promise<Tally> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let last = "";
  for await (const piece of child.stdout) {
    print(piece);
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

/** Runs a step and adds up what it counted. */
async function take(step: Step, print: (piece: Buffer) => unknown): Promise<void> {
  const start = performance.now();
  const tally = await runStep(step, print);
  const seconds = Math.round((performance.now() - start) / 1_000);
  lines.push(`${step.command.join(" ")}: ${tallyLine(tally)}, ${seconds} s`);
  total.passed += tally.passed;
  total.failed += tally.failed;
}

for (const step of steps) {
  console.log(`\n=== ${step.command.join(" ")}`);
  const { beside } = step;
  const output: Buffer[] = [];
  const besides = beside && take(beside, (piece) => output.push(piece));
  await take(step, (piece) => process.stdout.write(piece));
  if (beside === undefined) continue;
  await besides;
  console.log(`\n=== ${beside.command.join(" ")}`);
  process.stdout.write(Buffer.concat(output));
}
console.log(`\n${lines.join("\n")}`);
console.log(tallyLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;
