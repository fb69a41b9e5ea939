import { createHash } from "node:crypto";
import { isTokenText, readExtensionList } from "./extensions.ts";
import { elementsOf, type ReferenceHead, valuesOf } from "./head.ts";

/** The required result for a request; "either" if the RFCs leave it to the server. */
export type Verdict = "accept" | "refuse" | "either";

/**
 * Judges a request by RFC 6455 section 4.2.1, requirement by requirement, and by RFC 9110 and 9112.
 */
export function judgeUpgradeRequest({ startLine, fields }: ReferenceHead): Verdict {
  const target = judgeTarget(startLine);
  const host = judgeHost(valuesOf(fields, "host"));
  const requirements = [
    // 2. "A |Host| header field containing the server's authority."
    host !== "refuse",
    // 1. "An HTTP/1.1 or higher GET request, including a "Request-URI""
    target !== "refuse",
    // 3. "An |Upgrade| header field containing the value "websocket", treated as an ASCII
    // case-insensitive value."
    lowerCase(elementsOf(fields, "upgrade")).includes("websocket"),
    // 4. "A |Connection| header field that includes the token "Upgrade""
    lowerCase(elementsOf(fields, "connection")).includes("upgrade"),
    // 5. "a base64-encoded value that, when decoded, is 16 bytes in length"
    isKey(valuesOf(fields, "sec-websocket-key")),
    // 6. "A |Sec-WebSocket-Version| header field, with a value of 13."
    valuesOf(fields, "sec-websocket-version").join() === "13",
    // 8. "a list of values [...] ordered by preference"; section 4.3: 1#token, all unique.
    areSubprotocols(fields),
    // 9. Section 9.1.
    areExtensions(valuesOf(fields, "sec-websocket-extensions")),
    // Bytes after the head are frames, so there can be no body.
    !hasBody(fields),
  ];
  if (requirements.includes(false)) return "refuse";
  return target === "accept" && host === "accept" && !repeats(fields) ? "accept" : "either";
}

/** Returns the value of `Sec-WebSocket-Accept` (section 4.2.2, 5.4). */
export function acceptFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

function judgeTarget(startLine: string): Verdict {
  const parts = startLine.split(" ");
  const [method, target = "", version = ""] = parts;
  const isHttp11 = version.startsWith("HTTP/1.") && "123456789".includes(version.slice(7) || "x");
  if (parts.length !== 3 || method !== "GET" || version.length !== 8 || !isHttp11) return "refuse";
  const isVisible = [...target].every((character) => character > " " && character < "\x7f");
  if (target === "" || !isVisible || target.includes("#")) return "refuse";
  // The absolute form is for proxies, but servers must accept it (RFC 9112 section 3.2.2).
  return target.startsWith("/") ? "accept" : target.includes("://") ? "either" : "refuse";
}

/** Judges simple and impossible values. The whole grammar is that of RFC 3986. */
export function judgeHost(values: readonly string[]): Verdict {
  const [host = ""] = values;
  if (values.length !== 1 || host === "") return "refuse";
  if ([...host].some((character) => character <= " " || character > "~")) return "refuse";
  if ([...'/\\?#@"<>,^`{|}'].some((character) => host.includes(character))) {
    // A comma is a sub-delim, so it may occur in a name.
    return host.includes(",") ? "either" : "refuse";
  }
  const [name, port = "80", ...more] = host.split(":");
  const isName = name !== "" && [...name].every((c) => /[a-zA-Z0-9.-]/.test(c));
  const isPort = [...port].every((c) => c >= "0" && c <= "9");
  return isName && isPort && more.length === 0 ? "accept" : "either";
}

/** 24 characters encode 16 bytes. The unused bits of the last one do not matter. */
export function isKey(values: readonly string[]): boolean {
  const [key = ""] = values;
  const isBase64 = [...key.slice(0, 22)].every((c) => /[A-Za-z0-9+/]/.test(c));
  const { length } = Buffer.from(key, "base64");
  return (
    values.length === 1 && key.length === 24 && isBase64 && key.endsWith("==") && length === 16
  );
}

export function areSubprotocols(fields: ReferenceHead["fields"]): boolean {
  if (valuesOf(fields, "sec-websocket-protocol").length === 0) return true;
  const elements = elementsOf(fields, "sec-websocket-protocol");
  const isEach = elements.every(isTokenText) && new Set(elements).size === elements.length;
  return elements.length > 0 && isEach;
}

export function areExtensions(values: readonly string[]): boolean {
  return values.length === 0 || readExtensionList(values) !== undefined;
}

function hasBody(fields: ReferenceHead["fields"]): boolean {
  if (valuesOf(fields, "transfer-encoding").length > 0) return true;
  const lengths = valuesOf(fields, "content-length");
  return lengths.some((length) => length === "" || [...length].some((digit) => digit !== "0"));
}

/**
 * Whether a name that is not a list's occurs twice. Which of these to refuse is the server's
 * choice.
 */
export function repeats(fields: ReferenceHead["fields"]): boolean {
  const lists = ["upgrade", "connection", "sec-websocket-protocol", "sec-websocket-extensions"];
  const names = fields.map(([name]) => name).filter((name) => !lists.includes(name));
  return new Set(names).size < names.length;
}

function lowerCase(texts: readonly string[]): string[] {
  return texts.map((text) => text.toLowerCase());
}
