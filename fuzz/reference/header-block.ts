import { isTokenText } from "./extensions.ts";
import type { ReferenceHead } from "./head.ts";
import {
  areExtensions,
  areSubprotocols,
  isKey,
  judgeHost,
  repeats,
  type Verdict,
} from "./upgrade-request.ts";

/** Names and values of an HTTP/2 header block, in their order. */
export type Block = readonly (readonly [name: string, value: string])[];
type Fields = ReferenceHead["fields"];

const requestPseudoHeaders = [":method", ":scheme", ":authority", ":path", ":protocol"];
/** RFC 9113 section 8.2.2. */
const connectionHeaders = [
  "connection",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
];

/** Judges a request by RFC 8441 sections 4 and 5, and by RFC 9113 sections 8.2 and 8.3. */
export function judgeConnectRequest(block: Block): Verdict {
  if (isMalformed(block, requestPseudoHeaders)) return "refuse";
  const pseudo = new Map(block);
  const fields = fieldsOf(block);
  const hosts = valuesIn(fields, "host");
  const authority = pseudo.get(":authority");
  const target = pseudo.get(":path") ?? "";
  const keys = valuesIn(fields, "sec-websocket-key");
  const requirements = [
    pseudo.get(":method") === "CONNECT",
    pseudo.get(":protocol") === "websocket",
    // RFC 8441 section 4: "On requests that contain the :protocol pseudo-header field, the :scheme
    // and :path pseudo-header fields of the target URI MUST also be included."
    ["http", "https"].includes(pseudo.get(":scheme") ?? ""),
    target.startsWith("/") && isVisible(target) && !target.includes("#"),
    authority !== undefined || hosts.length > 0,
    valuesIn(fields, "sec-websocket-version").join() === "13",
    areSubprotocols(fields),
    areExtensions(valuesIn(fields, "sec-websocket-extensions")),
  ];
  if (requirements.includes(false)) return "refuse";
  const host = judgeHost([authority ?? hosts[0]]);
  if (host === "refuse") return "refuse";
  // Names that differ in their case are the same host, but servers may compare them as they are.
  const isSameHost = hosts.every(
    (value) => value.toLowerCase() === (authority ?? value).toLowerCase(),
  );
  if (!isSameHost) return "refuse";
  const isPlain = hosts.every((value) => value === (authority ?? value));
  const hasKey = keys.length > 0 && !isKey(keys);
  return host === "accept" && isPlain && !hasKey && !repeats(fields) ? "accept" : "either";
}

/**
 * Judges a response by RFC 8441 section 5 and RFC 6455 section 4.1, for a client that offers these
 * subprotocols and no extension.
 */
export function judgeConnectResponse(block: Block, offered: readonly string[]): Verdict {
  if (isMalformed(block, [":status"])) return "refuse";
  const status = new Map(block).get(":status") ?? "";
  const isSuccess = status.length === 3 && status.startsWith("2") && isDigits(status);
  const fields = fieldsOf(block);
  const chosen = valuesIn(fields, "sec-websocket-protocol");
  const extensions = valuesIn(fields, "sec-websocket-extensions");
  if (!isSuccess || chosen.length > 1 || !chosen.every((name) => offered.includes(name))) {
    return "refuse";
  }
  if (extensions.length > 0) return "refuse";
  return repeats(fields) ? "either" : "accept";
}

/** The fields that are no pseudo-headers. */
export function fieldsOf(block: Block): Fields {
  return block.filter(([name]) => !name.startsWith(":")).map(([name, value]) => [name, value]);
}

function isMalformed(block: Block, pseudoHeaders: readonly string[]): boolean {
  const names = block.map(([name]) => name);
  const isPseudo = names.map((name) => name.startsWith(":"));
  // Section 8.3: "All pseudo-header fields MUST appear in a field block before all regular field
  // lines." Each occurs once at most.
  if (isPseudo.lastIndexOf(true) > isPseudo.indexOf(false) && isPseudo.includes(false)) return true;
  const pseudo = names.filter((name) => name.startsWith(":"));
  if (new Set(pseudo).size < pseudo.length) return true;
  if (!pseudo.every((name) => pseudoHeaders.includes(name))) return true;
  return !fieldsOf(block).every(([name, value]) => isField(name, value)) || !pseudoAreValid(block);
}

function pseudoAreValid(block: Block): boolean {
  return block.every(([name, value]) => !name.startsWith(":") || isValue(value));
}

function isField(name: string, value: string): boolean {
  if (!isTokenText(name) || name !== name.toLowerCase() || !isValue(value)) return false;
  if (connectionHeaders.includes(name)) return false;
  // "it MUST NOT contain any value other than "trailers""
  return name !== "te" || value === "trailers";
}

/** RFC 9113 section 8.2.1. */
function isValue(value: string): boolean {
  const isBlank = (character: string | undefined) => character === " " || character === "\t";
  if (isBlank(value[0]) || isBlank(value[value.length - 1])) return false;
  return !["\0", "\r", "\n"].some((character) => value.includes(character));
}

function isVisible(text: string): boolean {
  return [...text].every((character) => character > " " && character < "\x7f");
}

function isDigits(text: string): boolean {
  return [...text].every((character) => character >= "0" && character <= "9");
}

function valuesIn(fields: Fields, name: string): string[] {
  return fields.filter((field) => field[0] === name).map((field) => field[1]);
}
