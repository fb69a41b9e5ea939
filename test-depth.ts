/**
 * How deep tests go. `npm test` sets FRAMEWRIGHT_TEST_DEPTH=quick: fewer random cases, and samples of exhaustive tables.
 * Without it everything runs.
 */
import process from "node:process";

export const isFullDepth = process.env.FRAMEWRIGHT_TEST_DEPTH !== "quick";

/**
 * Number of random cases for a property: all of them, or a tenth on Node and a thirtieth on Deno and
 * Bun, where they show only whether the runtime differs.
 */
export function runs(full: number): number {
  if (isFullDepth) return full;
  const isNode = !("Deno" in globalThis) && !("Bun" in globalThis);
  return Math.ceil(full / (isNode ? 10 : 30));
}

/** The last seven bits of a frame's second byte at which its meaning changes. */
const borders = new Set([0, 1, 125, 126, 127]);

/**
 * The integers from 0 to `count - 1`: all of them, or about one in `stride` and both ends. Of up to
 * 65,536 those that end in a border of the payload length are always among them.
 */
export function* integers(count: number, stride = 37): Generator<number> {
  for (let value = 0; value < count; value++) {
    const isBorder = count <= 65_536 && borders.has(value & 127);
    if (isFullDepth || isBorder || value % stride === 0 || value === count - 1) yield value;
  }
}

/** A table's rows: all of them, or one in `stride`. */
export function rows<T>(table: readonly T[], stride = 5): readonly T[] {
  return isFullDepth ? table : table.filter((_, index) => index % stride === 0);
}

/**
 * A table's rows for one runtime: all of them on Node, one in `stride` on the others in a quick run. The codec is the
 * same on all three, so the sample shows whether a runtime differs.
 */
export function rowsOn<T>(runtime: string, table: readonly T[], stride = 5): readonly T[] {
  return runtime.toLowerCase() === "node" ? table : rows(table, stride);
}

/** Whether a suite runs whole on a runtime: on Node always, on the others at full depth. */
export function isWholeOn(runtime: string): boolean {
  return isFullDepth || runtime.toLowerCase() === "node";
}
