import { rangeError, typeError } from "@framewright/codec/internal";

/** Longest delay that timers take without overflow, in milliseconds. */
const maxTimeout = 2 ** 31 - 1;

/** Throws when one of the named options is there but not a function. */
export function checkFunctions(options: object, names: readonly string[]): void {
  for (const name of names) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined && typeof value !== "function")
      throw optionError(name, value, "a function");
  }
}

/** Checks a number of milliseconds. */
export function checkTimeout(name: string, value: number): number {
  return checkInteger(name, value, 0, maxTimeout);
}

/** Checks a number; returns it. */
export function checkInteger(name: string, value: number, least: number, most: number): number {
  if (typeof value !== "number") throw optionError(name, value, "a number");
  if (!Number.isInteger(value) || value < least || value > most) {
    throw rangeError(
      "WS_ERR_INVALID_OPTION",
      `option ${name} must be an integer from ${least} to ${most}, got ${value}`,
    );
  }
  return value;
}

/** Makes the error for an option of the wrong kind. */
export function optionError(name: string, value: unknown, expected: string): TypeError {
  const got = typeof value === "string" ? JSON.stringify(value) : String(value);
  return typeError("WS_ERR_INVALID_OPTION", `option ${name} must be ${expected}, got ${got}`);
}
