/** Throws if a property does not hold, which the fuzzing engine reports as a finding. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Throws if two texts differ, and shows both from shortly before the first difference. */
export function checkSame(actual: string, expected: string, what: string): void {
  if (actual === expected) return;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  const start = Math.max(0, at - 30);
  const show = (text: string) => JSON.stringify(text.slice(start, start + 120));
  throw new Error(`${what}, at ${at}: got ${show(actual)}, expected ${show(expected)}`);
}
