import { InvalidArgumentError } from "commander";

const units: Readonly<Record<string, number>> = { "": 1_000, ms: 1, s: 1_000, m: 60_000 };
/** Longest delay that a timer accepts without overflow, in milliseconds. */
const maxDelay = 2 ** 31 - 1;

/** Parses a duration such as `5`, `5s`, `250ms` or `1m`. Returns milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) * units[match[2] ?? ""];
  if (!(value <= maxDelay))
    throw new InvalidArgumentError("It must be a time such as 5s or 250ms.");
  return Math.round(value);
}

/** Parses a number of bytes such as `100`, `16k` or `1m`. */
export function parseSize(text: string): number {
  const match = /^(\d+)([km])?$/i.exec(text);
  const factor = { k: 1_024, m: 1_048_576 }[match?.[2]?.toLowerCase() ?? ""] ?? 1;
  const value = match === null ? Number.NaN : Number(match[1]) * factor;
  if (!(value <= 2 ** 32)) {
    throw new InvalidArgumentError("It must be a number of bytes such as 100, 16k or 1m.");
  }
  return value;
}

/** Returns a parser of integers from `min` to `max`. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };
}

/** Parses a positive number, such as a rate. */
export function parsePositive(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1e9) return value;
  throw new InvalidArgumentError("It must be a positive number.");
}

/** Adds each use of an option that may be repeated to a list. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Decodes hex, with any white space, colons and `0x` between digits. Undefined if it is none. */
export function decodeHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  const digits = text.replace(/0x|[\s:,]/gi, "");
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16);
  }
  return bytes;
}

/** Decodes base64 or base64url, with or without padding. Undefined if it is none. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const digits = text.replace(/\s/g, "").replace(/-/g, "+").replace(/_/g, "/");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
  const unpadded = digits.replace(/=+$/, "");
  if (unpadded.length % 4 === 1) return undefined;
  return new Uint8Array(Buffer.from(unpadded, "base64"));
}
