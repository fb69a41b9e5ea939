import { hex } from "../../packages/codec/test/bytes.ts";
import { readExtensionList } from "./extensions.ts";
import { elementsOf, type ReferenceHead, readHead, valuesOf } from "./head.ts";
import { acceptFor } from "./upgrade-request.ts";

/** What the client requested. */
export interface Offer {
  key: string;
  subprotocols: readonly string[];
  extensions: readonly string[];
}

/** What a client must read from a server's complete response. */
export type ReferenceAnswer =
  | { kind: "incomplete" }
  | { kind: "fault" }
  /** A header occurs twice and the RFCs leave the handling to the client. */
  | { kind: "either" }
  | { kind: "refusal"; status: number; body: string }
  | { kind: "agreement"; end: number; subprotocol: string; extensions: string };

const maxBodyLength = 65_536;

/**
 * Judges a response by RFC 6455 section 4.1, "the client MUST validate the server's response as
 * follows".
 */
export function readAnswer(bytes: Uint8Array, offer: Offer): ReferenceAnswer {
  const head = readHead(bytes);
  if (head === undefined) return { kind: "incomplete" };
  if ("at" in head) return { kind: "fault" };
  if (repeats(head.fields)) return { kind: "either" };
  const [version, status = "", ...phrase] = head.startLine.split(" ");
  const isHttp11 = version.length === 8 && /^HTTP\/1\.[1-9]/.test(version);
  if (!isHttp11 || status.length !== 3 || !/^[0-9]{3}/.test(status)) return { kind: "fault" };
  // RFC 9112 section 4 requires the space even before an empty phrase; not all servers send it.
  void phrase;
  if (status !== "101") {
    const body = readBody(bytes.subarray(head.end), Number(status), head.fields);
    return { kind: "refusal", status: Number(status), body: hex(body) };
  }
  return judgeUpgrade(head, offer);
}

function judgeUpgrade({ fields, end }: ReferenceHead, offer: Offer): ReferenceAnswer {
  const upgrade = valuesOf(fields, "upgrade").join(", ");
  const extensionValues = valuesOf(fields, "sec-websocket-extensions");
  const extensions = extensionValues.length === 0 ? [] : readExtensionList(extensionValues);
  const subprotocols = valuesOf(fields, "sec-websocket-protocol");
  const requirements = [
    upgrade.toLowerCase() === "websocket",
    elementsOf(fields, "connection").some((element) => element.toLowerCase() === "upgrade"),
    valuesOf(fields, "sec-websocket-accept").join() === acceptFor(offer.key),
    // Section 11.3.2: "MUST NOT appear more than once in an HTTP response".
    extensionValues.length < 2,
    extensions?.every(([name]) => offer.extensions.includes(name)),
    new Set(extensions?.map(([name]) => name)).size === extensions?.length,
    subprotocols.length === 0 ||
      (subprotocols.length === 1 && offer.subprotocols.includes(subprotocols[0])),
  ];
  if (!requirements.every(Boolean)) return { kind: "fault" };
  const [subprotocol = ""] = subprotocols;
  return { kind: "agreement", end, subprotocol, extensions: JSON.stringify(extensions) };
}

/** Whether a name occurs twice that may or must be treated as a single one. */
function repeats(fields: ReferenceHead["fields"]): boolean {
  const lists = [
    "upgrade",
    "connection",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "f",
  ];
  const names = fields.map(([name]) => name).filter((name) => !lists.includes(name));
  return new Set(names).size < names.length;
}

/** Reads a body by RFC 9112 section 6.3, as far as the bytes and valid framing go. */
function readBody(bytes: Uint8Array, status: number, fields: ReferenceHead["fields"]): Uint8Array {
  if (status < 200 || status === 204 || status === 304) return new Uint8Array(0);
  const lengths = valuesOf(fields, "content-length");
  let body = bytes;
  if (valuesOf(fields, "transfer-encoding").length > 0) body = readChunks(bytes);
  else if (lengths.length > 0) {
    body = bytes.subarray(0, /^[0-9]+$/.test(lengths[0]) ? Number(lengths[0]) : 0);
  }
  return body.subarray(0, maxBodyLength);
}

/** Reads chunks by RFC 9112 section 7.1. LF alone may end a line (section 2.2). */
function readChunks(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  let body = "";
  for (let at = 0; ; ) {
    const end = text.indexOf("\n", at);
    if (end < 0) break;
    const line = text.slice(at, end).replaceAll("\r", "");
    const digits = /^[0-9a-fA-F]*/.exec(line)?.[0] ?? "";
    const isSize =
      digits.length > 0 && digits.length < 13 && /^[ \t]*(;|$)/.test(line.slice(digits.length));
    if (line.length > 256 || !isSize || Number.parseInt(digits, 16) === 0) break;
    const start = end + 1;
    const stop = start + Number.parseInt(digits, 16);
    body += text.slice(start, stop);
    const after = text.indexOf("\n", stop);
    if (after < 0 || text.slice(stop, after).replaceAll("\r", "") !== "") break;
    at = after + 1;
  }
  return Buffer.from(body, "latin1");
}
