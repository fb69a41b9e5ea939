/** The code that a row names: symbols declared in a file. */
export interface Place {
  readonly path: string;
  /** For example `parseRequest` or `Session.flush`. */
  readonly symbols: readonly string[];
}

/** The test that a row names. */
export interface Proof {
  readonly path: string;
  /** The test's full name or a part of it. */
  readonly name: string;
}

/** A statement of an RFC, as on its page. */
export interface Statement {
  /** The number of its section. */
  readonly section: string;
  /** For example `5.4-5`. */
  readonly number: string;
  /** The RFC's keyword, or "" if there is none. */
  readonly keyword: string;
  readonly applies: boolean;
  readonly places: readonly Place[];
  readonly proofs: readonly Proof[];
}

/** The counts stated on the page. */
export interface Counts {
  readonly all: number;
  readonly tested: number;
  readonly notApplicable: number;
}

export interface RfcMap {
  readonly counts: Counts;
  readonly statements: readonly Statement[];
  /** Every path of this repository on the page, including those outside the tables. */
  readonly paths: readonly string[];
  /** Errors in the page's format. */
  readonly faults: readonly string[];
}

const placePattern = /^`([^`]+)`((?:,? `[^`]+`)+)$/;
const proofPattern = /^`([^`]+)` "(.+)"$/;
const keywordPattern = /^\*\*(MUST|MUST NOT|SHOULD|SHOULD NOT|MAY)\*\* ./;

/** Parses a page such as docs/rfc6455.md. */
export function parseRfcMap(text: string): RfcMap {
  const faults: string[] = [];
  const statements: Statement[] = [];
  let section = "";
  for (const line of statementLines(text)) {
    const heading = /^### (\S+) ./.exec(line);
    if (heading !== null) section = heading[1];
    if (!line.startsWith("|") || /^\| (?:#|---) /.test(line)) continue;
    statements.push(parseRow(section, line, (fault) => faults.push(`${fault}: ${line}`)));
  }
  const named = text.matchAll(/`((?:packages|examples|docs|benchmarks|scripts)\/[^`*]+)`/g);
  const paths = new Set([...named].map(([, path]) => path));
  return { counts: parseCounts(text), statements, paths: [...paths], faults };
}

function statementLines(text: string): string[] {
  const [, after = ""] = text.split(/^## The statements$/m);
  return after.split(/^## /m)[0].split("\n");
}

function parseCounts(text: string): Counts {
  const sentence = /^(\d+) statements: (\d+) implemented and tested, (\d+) not applicable\.$/m;
  const [all, tested, notApplicable] = sentence.exec(text)?.slice(1).map(Number) ?? [0, 0, 0];
  return { all, tested, notApplicable };
}

function parseRow(section: string, line: string, report: (fault: string) => void): Statement {
  const [number, what = "", where = "", test = "", ...more] = line.slice(2, -2).split(" | ");
  if (test === "" || more.length > 0) report("not four cells");
  const keyword = keywordPattern.exec(what)?.[1] ?? "";
  if (what.startsWith("**") && keyword === "") report("not a keyword of RFC 2119");
  const row = { section, number, keyword };
  if (/^not applicable: ./.test(test)) {
    if (where !== "—") report("names code for a statement that is not applicable");
    return { ...row, applies: false, places: [], proofs: [] };
  }
  const places = where.split("; ").map(parsePlace);
  if (places.includes(undefined)) report("does not name code");
  // A test's name may also contain a semicolon.
  const proofs = test.split(/; (?=`)/).map(parseProof);
  if (proofs.includes(undefined)) report("does not name a test");
  const isKnown = <T>(value: T | undefined): value is T => value !== undefined;
  return { ...row, applies: true, places: places.filter(isKnown), proofs: proofs.filter(isKnown) };
}

function parsePlace(text: string): Place | undefined {
  const match = placePattern.exec(text);
  if (match === null) return undefined;
  return { path: match[1], symbols: [...match[2].matchAll(/`([^`]+)`/g)].map(([, name]) => name) };
}

function parseProof(text: string): Proof | undefined {
  const match = proofPattern.exec(text);
  return match === null ? undefined : { path: match[1], name: match[2] };
}

/**
 * Returns whether a file declares a name: a function, class, type or constant, or with a dot a
 * member of a class or interface.
 */
export function declares(source: string, symbol: string): boolean {
  const [owner, member] = symbol.split(".");
  const start = new RegExp(
    `^(?:export )?(?:async )?(?:function\\*?|(?:abstract )?class|const|interface|type) ${owner}\\b`,
    "m",
  ).exec(source);
  if (start === null) return false;
  if (member === undefined) return true;
  const [body] = source.slice(start.index).split(/^\}/m);
  const words = "(?:(?:private|protected|static|readonly|declare|override|async|get|set) )*";
  return new RegExp(`^  ${words}\\*?${member}[?!]?(?:[(<:]| = )`, "m").test(body);
}
