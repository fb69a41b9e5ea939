import type { HandshakeError } from "../../packages/codec/src/errors.ts";
import { type HttpHead, HttpHeadReader } from "../../packages/codec/src/handshake/http-head.ts";
import { type HttpRequest, parseRequest } from "../../packages/codec/src/handshake/http-request.ts";
import { encodeHandshakeFault } from "../../packages/codec/src/handshake/http-response.ts";
import {
  checkUpgradeRequest,
  chooseSubprotocol,
  encodeUpgradeResponse,
} from "../../packages/codec/src/handshake/server.ts";
import { Choices } from "../input/choices.ts";
import { readHeadBytes } from "../input/head-bytes.ts";
import { cutWire } from "../input/wire.ts";
import { check, checkSame } from "../reference/check.ts";
import { isTokenText } from "../reference/extensions.ts";
import { elementsOf, type ReferenceHead, readHead, valuesOf } from "../reference/head.ts";
import { Scales } from "../reference/memory.ts";
import { acceptFor, judgeUpgradeRequest } from "../reference/upgrade-request.ts";

export { httpDictionary as dictionary } from "../input/dictionaries.ts";

const supported = ["superchat", "chat"];
/**
 * Maximum number of bytes that the reader may hold: a head, and as much again while its buffer
 * grows.
 */
const mostHeld = 2 * 16_384 + 512;

/** A request's head is read as by the reference and answered as RFC 6455 section 4.2 requires. */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const chunkSizes = choices.chunkSizes();
  const bytes = readHeadBytes(choices);
  const whole = read([bytes]);
  const pieces = read(cutWire(bytes, chunkSizes));
  checkSame(describe(pieces), describe(whole), "chunks change the head");
  const reference = readHead(bytes);
  compareHeads(whole, reference);
  if (whole.head === undefined) {
    if (whole.error !== undefined) checkRefusal(whole.error, "");
    return;
  }
  judge(whole.head, reference as ReferenceHead);
}

interface ReadHead {
  head: HttpHead | undefined;
  error: HandshakeError | undefined;
  /** Number of bytes in the head or before its fault; -1 if it is incomplete. */
  after: number;
}

function read(chunks: readonly Uint8Array[]): ReadHead {
  const reader = new HttpHeadReader();
  const scales = new Scales();
  let before = 0;
  for (const chunk of chunks) {
    const after = reader.push(chunk);
    const { head, error } = reader;
    check((head === undefined) !== (error === undefined) || after < 0, "neither head nor fault");
    if (after >= 0) return { head, error, after: before + after };
    before += chunk.length;
    scales.weigh(reader, before, mostHeld);
  }
  return { head: undefined, error: undefined, after: -1 };
}

function describe({ head, error, after }: ReadHead): string {
  if (error !== undefined) return `${error.code} ${error.status} at ${after}`;
  return `${after} ${JSON.stringify([head?.startLine, [...(head?.headers ?? [])]])}`;
}

function compareHeads(actual: ReadHead, reference: ReturnType<typeof readHead>): void {
  if (reference === undefined) {
    check(actual.after === -1, "an incomplete head is accepted");
  } else if ("status" in reference) {
    const { at, status } = reference;
    const fault = `${actual.error?.status} at ${actual.after}`;
    checkSame(fault, `${status} at ${at}`, "the fault of a bad head");
  } else if (actual.error !== undefined) {
    const names = reference.fields.map(([name]) => name);
    check(new Set(names).size < names.length, `a good head is refused: ${actual.error.message}`);
    checkSame(`${actual.after}`, `${reference.end}`, "the end of a refused head");
  } else {
    checkSame(`${actual.after}`, `${reference.end}`, "the end of the head");
    checkSame(actual.head?.startLine ?? "", reference.startLine, "start line");
    checkFields(actual.head as HttpHead, reference.fields);
  }
}

function checkFields({ headers }: HttpHead, fields: ReferenceHead["fields"]): void {
  check([...headers].length === fields.length, "the number of headers differs");
  for (const [name] of fields) {
    const values = valuesOf(fields, name);
    checkSame(JSON.stringify(headers.getAll(name)), JSON.stringify(values), `header ${name}`);
    check(headers.get(name.toUpperCase()) === values.join(", "), `header ${name} joined`);
  }
  for (const part of [...headers].flat()) check(!/[\r\n\0]/.test(part), "a line end in a header");
  for (const name of ["__proto__", "constructor", "tostring"]) {
    const isThere = fields.some((field) => field[0] === name);
    check(headers.has(name) === isThere, `${name} differs from what was sent`);
  }
}

function judge(head: HttpHead, reference: ReferenceHead): void {
  const request = parseRequest(head);
  const fault = "target" in request ? checkUpgradeRequest(request) : request;
  const verdict = judgeUpgradeRequest(reference);
  if (fault !== undefined) {
    check(verdict !== "accept", `a good request is refused: ${fault.message}`);
    checkRefusal(fault, reference.startLine.split(" ")[0]);
  } else {
    check(verdict !== "refuse", "a bad request is accepted");
    checkAnswer(request as HttpRequest, reference.fields);
  }
}

function checkAnswer(request: HttpRequest, fields: ReferenceHead["fields"]): void {
  check(request.method === "GET" && /^\/[!-~]*$/.test(request.target), `target ${request.target}`);
  const offered = elementsOf(fields, "sec-websocket-protocol");
  const chosen = chooseSubprotocol(request, supported);
  const expected = offered.filter((subprotocol) => supported.includes(subprotocol))[0] ?? "";
  checkSame(chosen, expected, "subprotocol");
  const answer = readAnswer(encodeUpgradeResponse(request, chosen));
  check(answer.startLine.startsWith("HTTP/1.1 101 ") && answer.body.length === 0, "not a 101");
  const one = (name: string) => valuesOf(answer.fields, name).join("|");
  checkSame(one("upgrade"), "websocket", "Upgrade");
  checkSame(one("connection"), "Upgrade", "Connection");
  checkSame(
    one("sec-websocket-accept"),
    acceptFor(valuesOf(fields, "sec-websocket-key")[0]),
    "Accept",
  );
  checkSame(one("sec-websocket-protocol"), chosen, "Sec-WebSocket-Protocol");
  check(answer.fields.length === (chosen === "" ? 3 : 4), "unexpected headers");
}

/** Checks a response other than 101: its length, and that the connection is closed. */
function checkRefusal(fault: HandshakeError, method: string): void {
  const { startLine, fields, body } = readAnswer(encodeHandshakeFault(fault, method));
  const status = Number(startLine.split(" ")[1]);
  check(status === fault.status && status >= 400 && status < 600, `status ${status}`);
  const one = (name: string) => valuesOf(fields, name).join("|");
  checkSame(one("connection"), "close", "Connection");
  const length = Number(one("content-length"));
  check(method === "HEAD" ? body.length === 0 : body.length === length, "Content-Length");
  // Sections 4.4 and RFC 9110 sections 15.5.6 and 15.5.22.
  if (status === 405) checkSame(one("allow"), "GET", "Allow");
  if (status === 426) checkSame(one("upgrade"), "websocket", "Upgrade");
  if (status === 426) checkSame(one("sec-websocket-version"), "13", "Sec-WebSocket-Version");
}

function readAnswer(bytes: Uint8Array): ReferenceHead & { body: Uint8Array } {
  const head = readHead(bytes);
  check(head !== undefined && "fields" in head, "the answer is not a well-formed head");
  check(head.startLine.startsWith("HTTP/1.1 "), "the answer is not HTTP/1.1");
  for (const [name] of head.fields) check(isTokenText(name), "a header name is not a token");
  return { ...head, body: bytes.subarray(head.end) };
}
