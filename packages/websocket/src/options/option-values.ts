import { rangeError, shownValue, typeError } from "@framewright/codec/internal";

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
    throw typeError("WS_ERR_INVALID_OPTION", message + suggestion(key, keys));
  }
}

/** The names of options. The compiler checks that they are complete. */
export type OptionNames<Options, Others = unknown> = Record<
  Exclude<keyof Options, keyof Others>,
  1
>;

/** Throws a TypeError if the options of a function are no object. */
export function checkOptions(options: unknown, of: string): void {
  if (typeof options === "object" && options !== null) return;
  const message = `the options of ${of} must be an object, got ${shownValue(options)}`;
  throw typeError("WS_ERR_INVALID_OPTION", message);
}

/**
 * Throws a TypeError if an options object has a property that is no option, such as a misspelt one.
 * An instance of a class may have properties of its own.
 *
 * @param prefix - Put before the name in the message.
 */
export function checkOptionNames(options: object, names: object, prefix = ""): void {
  const prototype: unknown = Object.getPrototypeOf(options);
  if (prototype !== Object.prototype && prototype !== null) return;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || Object.hasOwn(names, name)) continue;
    const question = suggestion(name, Object.keys(names));
    throw typeError("WS_ERR_INVALID_OPTION", `there is no option ${prefix}${name}${question}`);
  }
}

/** Returns the end of a message about a name that does not exist: a question, or nothing. */
function suggestion(name: string, names: readonly string[]): string {
  const near = nearestName(name, names);
  return near === undefined ? "" : `; did you mean ${near}?`;
}

/** Returns the name that at most three edits of single letters make of a misspelt one. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  const typed = name.slice(0, 40).toLowerCase();
  const distances = names.map((known) => editDistance(typed, known.toLowerCase()));
  const least = Math.min(...distances);
  return least <= Math.min(3, typed.length / 3) ? names[distances.indexOf(least)] : undefined;
}

/** The Levenshtein distance of two short texts. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = row[j] + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[to.length];
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
  const message = `option ${name} must be ${expected}, got ${shownValue(value)}`;
  return typeError("WS_ERR_INVALID_OPTION", message);
}
