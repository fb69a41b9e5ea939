import { decode } from "./unix-url.ts";

/** One segment of a pattern. `rank` is lower for more specific ones. */
interface Segment {
  readonly rank: 0 | 1 | 2;
  /** The decoded text of a literal, or the name of a parameter. */
  readonly text: string;
}

/** A pattern of paths by its segments. */
export type Pattern = readonly Segment[];

/** What a path leads to: a pattern by its index, and the parameters. */
export interface Match {
  readonly index: number;
  readonly params: readonly (readonly [name: string, value: string])[];
}

/** Reads a pattern. Returns undefined if it is malformed. */
export function readPattern(source: string): Pattern | undefined {
  if (source[0] !== "/") return undefined;
  const parts = source.slice(1).split("/");
  const segments: Segment[] = [];
  for (const [index, part] of parts.entries()) {
    const segment = readSegment(part, index === parts.length - 1);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  const names = segments.filter(({ rank }) => rank > 0).map(({ text }) => text);
  return new Set(names).size === names.length ? segments : undefined;
}

function readSegment(part: string, isLast: boolean): Segment | undefined {
  if (part === "*") return isLast ? { rank: 2, text: "*" } : undefined;
  if (part[0] === ":") {
    const name = part.slice(1);
    return name !== "" && [...name].every(isWordCharacter) ? { rank: 1, text: name } : undefined;
  }
  if ([..."*?#\\"].some((character) => part.includes(character)) || isDots(part)) return undefined;
  const text = decode(part);
  return text === undefined ? undefined : { rank: 0, text };
}

function isWordCharacter(character: string): boolean {
  const isLetter = (character >= "a" && character <= "z") || (character >= "A" && character <= "Z");
  return isLetter || (character >= "0" && character <= "9") || character === "_";
}

/** Whether a URL parser removes the segment: one or two dots, also percent-encoded. */
function isDots(part: string): boolean {
  const text = part.toLowerCase().replaceAll("%2e", ".");
  return text === "." || text === "..";
}

/** Whether two patterns match the same paths. */
export function isSamePattern(a: Pattern, b: Pattern): boolean {
  return (
    a.length === b.length &&
    a.every(
      ({ rank, text }, index) => rank === b[index].rank && (rank > 0 || text === b[index].text),
    )
  );
}

/**
 * Finds the most specific of all patterns that match.
 *
 * @returns "malformed" if the percent-encoding is, undefined if nothing matches.
 */
export function findMatch(
  patterns: readonly Pattern[],
  path: string,
): Match | "malformed" | undefined {
  const parts = path.slice(1).split("/");
  // A URL parser reads another path in these.
  if (path.includes("\\") || parts.some(isDots)) return undefined;
  const segments: string[] = [];
  for (const part of parts) {
    const text = decode(part);
    if (text === undefined) return "malformed";
    segments.push(text);
  }
  const matches = patterns
    .map((pattern, index) => ({ pattern, index, params: match(pattern, segments) }))
    .filter((found) => found.params !== undefined)
    .sort((a, b) => (ranks(a.pattern) < ranks(b.pattern) ? -1 : 1));
  if (matches.length === 0) return undefined;
  return { index: matches[0].index, params: matches[0].params ?? [] };
}

/** The ranks from left to right as text, which sorts as they do. */
function ranks(pattern: Pattern): string {
  return pattern.map(({ rank }) => rank).join("");
}

function match(pattern: Pattern, segments: readonly string[]): Match["params"] | undefined {
  const params: [string, string][] = [];
  for (const [index, { rank, text }] of pattern.entries()) {
    const isThere = index < segments.length;
    if (!isThere) return undefined;
    if (rank === 2) return [...params, ["*", segments.slice(index).join("/")]];
    if (rank === 1 && segments[index] !== "") params.push([text, segments[index]]);
    else if (rank === 1 || segments[index] !== text) return undefined;
  }
  return pattern.length === segments.length ? params : undefined;
}
