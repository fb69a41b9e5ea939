import { createInterface } from "node:readline";

/** The child's side of `LineProcess`: answers each line. Ends when the parent has ended. */
export function answerLines<Question>(
  ready: unknown,
  answer: (question: Question) => unknown,
): void {
  const reader = createInterface({ input: process.stdin });
  const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
  let turn: Promise<unknown> = Promise.resolve();
  reader.on("line", (line) => {
    turn = turn.then(async () => print(await answer(JSON.parse(line))));
  });
  reader.on("close", () => process.exit());
  print(ready);
}
