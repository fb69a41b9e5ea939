import { rangeError, typeError } from "@framewright/codec";

/** Longest delay that timers take without overflow, in milliseconds. */
const maxTimeout = 2 ** 31 - 1;

/** Throws when one of the named options is there but not a function. */
export function checkFunctions(options: object, names: readonly string[]): void {
  for (const name of names) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined && typeof value !== "function")
      throw invalid(name, value, "a function");
  }
}

/** Checks a number of milliseconds. */
export function timeout(name: string, value: number): number {
  return integer(name, value, 0, maxTimeout);
}

/** Checks a number; returns it. */
export function integer(name: string, value: number, least: number, most: number): number {
  if (typeof value !== "number") throw invalid(name, value, "a number");
  if (!Number.isInteger(value) || value < least || value > most) {
    throw rangeError(
      "WS_ERR_INVALID_OPTION",
      `option ${name} must be an integer from ${least} to ${most}, got ${value}`,
    );
  }
  return value;
}

/** Makes the error for an option of the wrong kind. */
export function invalid(name: string, value: unknown, expected: string): TypeError {
  const got = typeof value === "string" ? JSON.stringify(value) : String(value);
  return typeError("WS_ERR_INVALID_OPTION", `option ${name} must be ${expected}, got ${got}`);
}
