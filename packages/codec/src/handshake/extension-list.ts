import { typeError } from "../errors.ts";
import { isToken, tokenSource } from "./header-values.ts";

/** One extension of a `Sec-WebSocket-Extensions` header (RFC 6455 section 9.1). */
export interface Extension {
  readonly name: string;
  /**
   * In order of appearance. The value of a parameter without one is undefined. They are pairs, not
   * an object, because the peer chooses the names: one may occur twice, and one may be `__proto__`.
   */
  readonly parameters: readonly (readonly [name: string, value: string | undefined])[];
}

// In each pattern, what is repeated and what follows it never match the same character, so matching
// takes linear time.
const token = /* @__PURE__ */ new RegExp(`[ \\t]*(${tokenSource})[ \\t]*`, "y");
const quotedString = /[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*/y;
const nullElements = /[ \t,]*/y;

/**
 * Parses the values of `Sec-WebSocket-Extensions` by the full grammar of RFC 6455 section 9.1: a
 * list in one or more header lines, optional whitespace between all parts, and quoted values.
 *
 * @param values - One value for each header line, at least one.
 * @returns At least one extension, in order; or undefined if the header is malformed.
 *
 * @example
 * parseExtensionList(['mux; max-channels="4"; flow-control', "foo"]);
 * // [{ name: "mux", parameters: [["max-channels", "4"], ["flow-control", undefined]] },
 * //  { name: "foo", parameters: [] }]
 */
export function parseExtensionList(values: readonly string[]): Extension[] | undefined {
  const extensions: Extension[] = [];
  for (const value of values) if (!parseLine(value, extensions)) return undefined;
  return extensions.length > 0 ? extensions : undefined;
}

/** Parses one header line into `extensions`. Returns false if it is malformed. */
function parseLine(line: string, extensions: Extension[]): boolean {
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match !== null) at = pattern.lastIndex;
    return match?.[1];
  };
  const takeValue = (): string | undefined => {
    const value = take(token) ?? take(quotedString)?.replace(/\\(.)/g, "$1");
    return value !== undefined && isToken(value) ? value : undefined;
  };
  for (;;) {
    take(nullElements);
    if (at === line.length) return true;
    const name = take(token);
    if (name === undefined) return false;
    const parameters: [string, string | undefined][] = [];
    while (line[at] === ";") {
      at++;
      const parameter = take(token);
      if (parameter === undefined) return false;
      let value: string | undefined;
      if (line[at] === "=") {
        at++;
        value = takeValue();
        if (value === undefined) return false;
      }
      parameters.push([parameter, value]);
    }
    if (at < line.length && line[at] !== ",") return false;
    extensions.push({ name, parameters });
  }
}

/**
 * Formats the value of a `Sec-WebSocket-Extensions` header.
 *
 * @throws TypeError if a name or value is not a token.
 *
 * @example
 * const parameters = [["max-channels", "4"], ["flow-control", undefined]] as const;
 * formatExtensionList([{ name: "mux", parameters }]); // "mux; max-channels=4; flow-control"
 */
export function formatExtensionList(extensions: readonly Extension[]): string {
  return extensions
    .map(({ name, parameters }) => {
      const parts = parameters.map(([parameter, value]) =>
        value === undefined
          ? checkToken(parameter)
          : `${checkToken(parameter)}=${checkToken(value)}`,
      );
      return [checkToken(name), ...parts].join("; ");
    })
    .join(", ");
}

function checkToken(text: string): string {
  if (typeof text === "string" && isToken(text)) return text;
  throw typeError("WS_ERR_INVALID_OPTION", `extension part ${JSON.stringify(text)} is not a token`);
}
