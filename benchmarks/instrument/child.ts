/** The child's side of processes.ts, used by every measured script and load generator. */
import { createInterface } from "node:readline";

/** One line of JSON, in either direction. */
export type Line = Readonly<Record<string, unknown>>;

/**
 * Reports that this process is ready, then answers the runner's requests one by one. Exits when the
 * runner has ended for any reason.
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

/** Returns the options that the runner passed to this process. */
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
