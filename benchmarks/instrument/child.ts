/** The child's end of processes.ts: every script that is measured or makes load speaks like this. */
import { createInterface } from "node:readline";

/** A line of JSON, either way. */
export type Line = Readonly<Record<string, unknown>>;

/**
 * Says that this process is ready, then answers the runner's lines one by one. Ends this process
 * when the runner has gone, however that happened.
 */
export function serveRunner(
  ready: Line,
  answer: (request: Line) => Line | Promise<Line> = () => ({}),
): void {
  const reader = createInterface({ input: process.stdin });
  let turn: Promise<unknown> = Promise.resolve();
  reader.on("line", (line) => {
    turn = turn.then(async () => print(await answer(JSON.parse(line)))).catch(fail);
  });
  reader.on("close", () => process.exit(0));
  print(ready);
}

/** The options that the runner gave this process. */
export function runnerOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? "{}");
}

function print(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Ends this process with an error that the runner shows. */
export function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
