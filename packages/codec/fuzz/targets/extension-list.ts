import { formatExtensionList, parseExtensionList } from "../../src/handshake/extension-list.ts";
import { Choices } from "../input/choices.ts";
import { check, checkSame } from "../reference/check.ts";
import { readExtensionList } from "../reference/extensions.ts";

export { extensionDictionary as dictionary } from "../input/dictionaries.ts";

/** Longer than any head: what takes more than linear time here does not end in time. */
const longest = 60_000;

/** A list of extensions is read as the grammar has it, and means the same when it is written. */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const repeats = choices.byte();
  const lines = readLines(choices.rest());
  compare(lines);
  if (repeats < 0xf8) return;
  // The same over and over in one line: as it is, and with an end that may make the parser go back.
  // The reference takes too long for these.
  const line = lines.join(",");
  const length = longest >> (repeats & 7);
  const repeated = line.repeat(Math.floor(length / Math.max(1, line.length)));
  parseExtensionList([repeated]);
  parseExtensionList([`${repeated}\xff`]);
}

/** Lines of characters that an HTTP head may hold, ended by line feeds. */
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
  check(!/[^\x20-\x7e]/.test(text), "what is written is not one line of ASCII");
  checkSame(JSON.stringify(parseExtensionList([text])), JSON.stringify(parsed), "written and read");
}

function show(extensions: unknown): string {
  return JSON.stringify(extensions, (_, value) => value ?? null) ?? "malformed";
}
