import { HandshakeError, rangeError, typeError } from "../errors.ts";
import { utf8Length, writeUtf8 } from "../utf8.ts";
import { computeAcceptKey, isValidKey } from "./accept-key.ts";
import { type Extension, formatExtensionList, parseExtensionList } from "./extension-list.ts";
import {
  encodeLatin1,
  formatHeaders,
  type HeadersInit,
  includesToken,
  isToken,
  parseTokenList,
} from "./header-values.ts";
import { standardHttpCoding } from "./http-coding.ts";
import type { HttpHead, HttpHeaders } from "./http-head.ts";

/** A received HTTP request. */
export interface HttpRequest {
  readonly method: string;
  /** The request target in origin form: path and query, such as `/chat?name=x`. */
  readonly target: string;
  readonly headers: HttpHeaders;
}

/** An HTTP response to a request that does not become a WebSocket connection. */
export interface HttpResponse {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: HeadersInit;
  /** Text is sent in UTF-8. Bytes are borrowed, not modified. */
  readonly body?: string | Uint8Array;
}

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/;
/** `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2). Must not be empty. */
const hostPattern = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::\d*)?$/;
/** The part of the absolute form (RFC 9112 section 3.2.2) before the path. It is ignored. */
const absoluteForm = /^(?:https?|wss?):\/\/[^/?#]+/i;

/**
 * Parses the head of a request.
 *
 * @returns The request, or the fault with the HTTP status for the response.
 */
export function parseRequest(head: HttpHead): HttpRequest | HandshakeError {
  const match = requestLine.exec(head.startLine);
  if (match === null) return invalidHttp("the request line is invalid");
  const [, method, rawTarget, major, minor] = match;
  if (major !== "1" || minor === "0") {
    return new HandshakeError("WS_ERR_INVALID_HTTP", 505, "HTTP/1.1 is required");
  }
  // OPTIONS is the only method with the asterisk form (RFC 9112 section 3.2.4).
  if (method === "OPTIONS" && rawTarget === "*") return invalidMethod();
  const target = rawTarget.startsWith("/") ? rawTarget : rawTarget.replace(absoluteForm, "");
  const isPath = target.startsWith("/") || (target !== rawTarget && /^(\?|$)/.test(target));
  if (!isPath || target.includes("#")) return invalidHttp("the request target is invalid");
  if (!hostPattern.test(head.headers.get("host") ?? "")) {
    return invalidHttp("a valid Host header is required");
  }
  return { method, target: target.startsWith("/") ? target : `/${target}`, headers: head.headers };
}

/** Tells whether a request asks for a WebSocket connection: its `Upgrade` header says so. */
export function isUpgradeRequest(request: HttpRequest): boolean {
  return includesToken(request.headers.getAll("upgrade"), "websocket");
}

/**
 * Checks a client's opening handshake (RFC 6455 section 4.2.1).
 *
 * @returns The fault with the HTTP status for the response, or undefined if there is none.
 */
export function checkUpgradeRequest(request: HttpRequest): HandshakeError | undefined {
  const { method, headers } = request;
  if (method !== "GET") return invalidMethod();
  if (!isUpgradeRequest(request)) {
    return new HandshakeError("WS_ERR_INVALID_UPGRADE", 426, "this is a WebSocket endpoint");
  }
  if (!includesToken(headers.getAll("connection"), "upgrade")) {
    return new HandshakeError(
      "WS_ERR_INVALID_UPGRADE",
      400,
      "the Connection header must contain upgrade",
    );
  }
  if (headers.getAll("sec-websocket-version").length > 1) {
    return invalidHttp("more than one Sec-WebSocket-Version header");
  }
  // Checked before the key, so that a client of another version learns the supported one (RFC 6455
  // section 4.4).
  if (headers.get("sec-websocket-version") !== "13") {
    return new HandshakeError("WS_ERR_INVALID_VERSION", 426, "Sec-WebSocket-Version must be 13");
  }
  if (!isValidKey(headers.get("sec-websocket-key") ?? "")) {
    return new HandshakeError(
      "WS_ERR_INVALID_KEY",
      400,
      "Sec-WebSocket-Key must be 16 bytes in base64",
    );
  }
  const length = headers.get("content-length");
  if (headers.has("transfer-encoding") || (length !== undefined && !/^0+$/.test(length))) {
    return invalidHttp("the request must not have a body");
  }
  return checkOffers(headers);
}

/**
 * Checks the offered subprotocols and extensions. Both headers may occur several times, but not
 * without an element (RFC 6455 sections 4.3 and 9.1).
 */
function checkOffers(headers: HttpHeaders): HandshakeError | undefined {
  if (headers.has("sec-websocket-protocol")) {
    const offered = parseTokenList(headers.getAll("sec-websocket-protocol")) ?? [];
    if (offered.length === 0 || new Set(offered).size < offered.length) {
      return new HandshakeError(
        "WS_ERR_INVALID_SUBPROTOCOL",
        400,
        "Sec-WebSocket-Protocol must list distinct tokens",
      );
    }
  }
  const extensions = headers.getAll("sec-websocket-extensions");
  if (extensions.length > 0 && parseExtensionList(extensions) === undefined) {
    return new HandshakeError(
      "WS_ERR_INVALID_EXTENSION",
      400,
      "Sec-WebSocket-Extensions is malformed",
    );
  }
  return undefined;
}

/**
 * Chooses a subprotocol (RFC 6455 section 4.2.2): the first one in the client's order of preference
 * that the server supports. Case-sensitive.
 *
 * @returns The subprotocol, or "" for none.
 */
export function chooseSubprotocol(request: HttpRequest, supported: readonly string[]): string {
  if (supported.length === 0) return "";
  const offered = parseTokenList(request.headers.getAll("sec-websocket-protocol")) ?? [];
  return offered.find((subprotocol) => supported.includes(subprotocol)) ?? "";
}

const upgradeReserved = new Set([
  "upgrade",
  "connection",
  "sec-websocket-accept",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "content-length",
  "transfer-encoding",
]);

/**
 * Encodes the response that opens the connection (RFC 6455 section 4.2.2).
 *
 * @param request - A request in which `checkUpgradeRequest` found no fault.
 * @param subprotocol - A subprotocol that the client offered, or "" for none.
 * @param extensions - The accepted extensions in the order in which they apply to data.
 * @param coding - Encodes the response and computes SHA-1.
 * @returns New bytes.
 * @throws TypeError if a header does not fit into one header line or is set by the library, or if
 *   the subprotocol is not a token.
 */
export function encodeUpgradeResponse(
  request: HttpRequest,
  subprotocol: string,
  headers: HeadersInit = {},
  extensions: readonly Extension[] = [],
  coding = standardHttpCoding,
): Uint8Array {
  const accept = computeAcceptKey(request.headers.get("sec-websocket-key") as string, coding);
  let text = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`;
  if (subprotocol !== "") {
    if (!isToken(subprotocol)) {
      throw typeError("WS_ERR_INVALID_ARGUMENT", "the subprotocol is not a token");
    }
    text += `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
  }
  if (extensions.length > 0) {
    text += `Sec-WebSocket-Extensions: ${formatExtensionList(extensions)}\r\n`;
  }
  return coding.encodeLatin1(`${text}${formatHeaders(headers, upgradeReserved)}\r\n`);
}

const responseReserved = new Set(["connection", "content-length", "transfer-encoding"]);

/** Reason phrases of the status line, by status. Clients ignore them. */
const reasonPhrases: Readonly<Record<number, string>> = {
  200: "OK",
  301: "Moved Permanently",
  302: "Found",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/**
 * Encodes an HTTP response with `Connection: close`.
 *
 * @param method - The request's method: the response to HEAD has no body.
 * @returns New bytes.
 * @throws RangeError if the status is not 200 to 599.
 * @throws TypeError if a header does not fit into one header line or is set by the library.
 *
 * @example
 * encodeHttpResponse({ status: 404, body: "no such room" }, "GET");
 */
export function encodeHttpResponse(response: HttpResponse, method: string): Uint8Array {
  const { status, headers = {}, body = "" } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw rangeError("WS_ERR_INVALID_OPTION", `HTTP status must be 200 to 599, got ${status}`);
  }
  const fields = formatHeaders(headers, responseReserved);
  const length = typeof body === "string" ? utf8Length(body) : body.length;
  let text = `HTTP/1.1 ${status} ${reasonPhrases[status] ?? ""}\r\n${fields}`;
  // Responses with these statuses have no body (RFC 9110 section 6.4.1).
  const hasBody = status !== 204 && status !== 304;
  if (hasBody && length > 0 && typeof body === "string" && !/^content-type:/im.test(fields)) {
    text += "Content-Type: text/plain; charset=utf-8\r\n";
  }
  if (hasBody) text += `Content-Length: ${length}\r\n`;
  const head = encodeLatin1(`${text}Connection: close\r\n\r\n`);
  if (method === "HEAD" || !hasBody || length === 0) return head;
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  if (typeof body === "string") writeUtf8(body, bytes, head.length);
  else bytes.set(body, head.length);
  return bytes;
}

/**
 * Encodes the response to a faulty request: one line of plain text, and the headers that its status
 * requires (RFC 6455 section 4.4, RFC 9110 sections 15.5.6 and 15.5.22).
 *
 * @param method - The request's method, or "" if it could not be read.
 * @returns New bytes.
 */
export function encodeHandshakeFault(fault: HandshakeError, method: string): Uint8Array {
  const headers: Record<string, string> = {};
  if (fault.httpStatus === 405) headers.Allow = "GET";
  if (fault.httpStatus === 426) {
    headers.Upgrade = "websocket";
    headers["Sec-WebSocket-Version"] = "13";
  }
  return encodeHttpResponse(
    { status: fault.httpStatus, headers, body: `${fault.message}\n` },
    method,
  );
}

function invalidHttp(message: string): HandshakeError {
  return new HandshakeError("WS_ERR_INVALID_HTTP", 400, message);
}

function invalidMethod(): HandshakeError {
  return new HandshakeError("WS_ERR_INVALID_METHOD", 405, "the method must be GET");
}
