import { rangeError, typeError } from "@framewright/codec/internal";

/** Longest delay that a timer accepts without overflow, in milliseconds. */
export const maxTimeout = 2 ** 31 - 1;

/** Throws a TypeError if one of the named options is set to something other than a function. */
export function checkFunctions(options: object, names: readonly string[]): void {
  for (const name of names) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined && typeof value !== "function")
      throw optionError(name, value, "a function");
  }
}

/** Throws a TypeError if an object that is the option `name` has another key than these. */
export function checkKeys(name: string, object: object, keys: readonly string[]): void {
  for (const key of Object.keys(object)) {
    if (keys.includes(key)) continue;
    const names = `${keys.slice(0, -1).join(", ")} and ${keys.at(-1)}`;
    const message = `option ${name} has no ${JSON.stringify(key)}, only ${names}`;
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
}

/** Validates a timeout in milliseconds and returns it. See `checkInteger`. */
export function checkTimeout(name: string, value: number): number {
  return checkInteger(name, value, 0, maxTimeout);
}

/**
 * Validates an integer option.
 *
 * @returns `value`.
 * @throws TypeError if it is not a number; RangeError if it is not an integer from `min` to `max`.
 */
export function checkInteger(name: string, value: number, min: number, max: number): number {
  if (typeof value !== "number") throw optionError(name, value, "a number");
  if (!Number.isInteger(value) || value < min || value > max) {
    throw rangeError(
      "WS_ERR_INVALID_OPTION",
      `option ${name} must be an integer from ${min} to ${max}, got ${value}`,
    );
  }
  return value;
}

/** Creates the error for an option of the wrong type. */
export function optionError(name: string, value: unknown, expected: string): TypeError {
  const got = typeof value === "string" ? JSON.stringify(value) : String(value);
  return typeError("WS_ERR_INVALID_OPTION", `option ${name} must be ${expected}, got ${got}`);
}
