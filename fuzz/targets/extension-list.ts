import {
  formatExtensionList,
  parseExtensionList,
} from "../../packages/codec/src/handshake/extension-list.ts";
import { Choices } from "../input/choices.ts";
import { check, checkSame } from "../reference/check.ts";
import { readExtensionList } from "../reference/extensions.ts";

export { extensionDictionary as dictionary } from "../input/dictionaries.ts";

/** Longer than any head, in bytes. Anything slower than linear time would hang with this length. */
const longest = 60_000;

/** An extension list is parsed by the grammar and keeps its meaning when it is formatted. */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const repeats = choices.byte();
  const lines = readLines(choices.rest());
  compare(lines);
  if (repeats < 0xf8) return;
  // Repeat the line, also with an end that may cause backtracking. The reference is too slow for
  // these.
  const line = lines.join(",");
  const length = longest >> (repeats & 7);
  const repeated = line.repeat(Math.floor(length / Math.max(1, line.length)));
  parseExtensionList([repeated]);
  parseExtensionList([`${repeated}\xff`]);
}

/** Returns lines of the characters allowed in an HTTP head, split at line feeds. */
function readLines(bytes: Uint8Array): string[] {
  const isAllowed = (byte: number) =>
    byte === 0x09 || byte === 0x0a || (byte > 0x1f && byte !== 0x7f);
  return Buffer.from(bytes.filter(isAllowed)).toString("latin1").split("\n");
}

function compare(lines: readonly string[]): void {
  const parsed = parseExtensionList(lines);
  const actual = parsed?.map(({ name, parameters }) => [name, parameters]);
  checkSame(show(actual), show(readExtensionList(lines)), "the list is read differently");
  if (parsed === undefined) return;
  const text = formatExtensionList(parsed);
  check(!/[^\x20-\x7e]/.test(text), "the formatted list is not one line of ASCII");
  checkSame(JSON.stringify(parseExtensionList([text])), JSON.stringify(parsed), "after formatting");
}

function show(extensions: unknown): string {
  return JSON.stringify(extensions, (_, value) => value ?? null) ?? "malformed";
}
