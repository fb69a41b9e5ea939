import { HandshakeError, typeError } from "../errors.ts";
import { computeAcceptKey, isValidKey } from "./accept-key.ts";
import { type Extension, formatExtensionList, parseExtensionList } from "./extension-list.ts";
import {
  encodeLatin1,
  formatHeaders,
  type HeadersInit,
  includesToken,
  isToken,
} from "./header-values.ts";
import { encodeBase64 } from "./http-coding.ts";
import type { HttpHead, HttpHeaders } from "./http-head.ts";
import type { WebSocketUrl } from "./url.ts";

/** What a client asks for in its opening handshake. */
export interface UpgradeRequest {
  readonly url: WebSocketUrl;
  /** 16 unpredictable bytes in base64; see `encodeKey`. */
  readonly key: string;
  /** In order of preference. */
  readonly subprotocols: readonly string[];
  /** In order of preference. */
  readonly extensions: readonly Extension[];
  readonly headers: HeadersInit;
}

/** What a client and a server agreed on in the opening handshake. */
export interface UpgradeResult {
  /** "" for none. */
  readonly subprotocol: string;
  /** In the order in which they work on the data (RFC 6455 section 9.1). */
  readonly extensions: readonly Extension[];
}

/** Nothing that could end a part of the request line, or the line. */
const visible = /^[\x21-\x7e]+$/;

const reserved = new Set([
  "host",
  "upgrade",
  "connection",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "content-length",
  "transfer-encoding",
]);

/**
 * Encodes a nonce as a `Sec-WebSocket-Key` (RFC 6455 section 4.1).
 *
 * @param nonce - 16 bytes from a secure random source. Borrowed, not modified.
 */
export function encodeKey(nonce: Uint8Array): string {
  if (nonce.length !== 16) {
    throw typeError("WS_ERR_INVALID_ARGUMENT", `a nonce must be 16 bytes, got ${nonce.length}`);
  }
  return encodeBase64(nonce);
}

/**
 * Checks the subprotocols that a caller wants to offer or support.
 *
 * @throws TypeError when one is not a token or stands twice.
 */
export function checkSubprotocols(subprotocols: readonly string[]): void {
  for (const [index, subprotocol] of subprotocols.entries()) {
    if (typeof subprotocol !== "string" || !isToken(subprotocol)) {
      throw typeError(
        "WS_ERR_INVALID_OPTION",
        `subprotocol ${JSON.stringify(subprotocol)} is not a token`,
      );
    }
    if (subprotocols.indexOf(subprotocol) !== index) {
      throw typeError("WS_ERR_INVALID_OPTION", `subprotocol "${subprotocol}" stands twice`);
    }
  }
}

/**
 * Encodes a client's opening handshake (RFC 6455 section 4.1).
 *
 * @returns New bytes.
 * @throws TypeError for a key, URL, subprotocol, extension or header that would not be sent as what it says.
 */
export function encodeUpgradeRequest(request: UpgradeRequest): Uint8Array {
  const { url, key, subprotocols, extensions, headers } = request;
  checkSubprotocols(subprotocols);
  if (!isValidKey(key) || !visible.test(url.host) || !visible.test(url.target)) {
    throw typeError("WS_ERR_INVALID_ARGUMENT", "the key or URL is not what was made for a request");
  }
  let text = `GET ${url.target} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n`;
  if (subprotocols.length > 0) text += `Sec-WebSocket-Protocol: ${subprotocols.join(", ")}\r\n`;
  if (extensions.length > 0) {
    text += `Sec-WebSocket-Extensions: ${formatExtensionList(extensions)}\r\n`;
  }
  const fields = formatHeaders(headers, reserved);
  if (url.authorization !== "" && !/^authorization:/im.test(fields)) {
    text += formatHeaders({ Authorization: url.authorization }, reserved);
  }
  return encodeLatin1(`${text}${fields}\r\n`);
}

/**
 * Checks a server's answer (RFC 6455 section 4.1, "Once the client's opening handshake has been sent").
 *
 * @param head - The answer's head.
 * @param request - What was sent.
 * @returns What was agreed on, or the fault; with the headers when the status is not 101.
 */
export function checkUpgradeResponse(
  head: HttpHead,
  request: UpgradeRequest,
): UpgradeResult | HandshakeError {
  const match = /^HTTP\/1\.[1-9] (\d{3})(?: .*)?$/.exec(head.startLine);
  if (match === null) {
    return new HandshakeError("WS_ERR_INVALID_HTTP", 0, "the server did not answer in HTTP/1.1");
  }
  const status = Number(match[1]);
  const fault = (code: HandshakeError["code"], message: string) =>
    new HandshakeError(code, status, message);
  const { headers } = head;
  if (status !== 101) {
    const message = `the server answered with HTTP status ${status}`;
    return new HandshakeError("WS_ERR_UNEXPECTED_RESPONSE", status, message, { headers });
  }
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return fault("WS_ERR_INVALID_UPGRADE", "the answer's Upgrade header is not websocket");
  }
  if (!includesToken(headers.getAll("connection"), "upgrade")) {
    return fault("WS_ERR_INVALID_UPGRADE", "the answer's Connection header does not name upgrade");
  }
  if (headers.get("sec-websocket-accept") !== computeAcceptKey(request.key)) {
    return fault("WS_ERR_INVALID_ACCEPT", "the answer's Sec-WebSocket-Accept is wrong");
  }
  const extensions = chosenExtensions(headers, request);
  if (typeof extensions === "string") return fault("WS_ERR_INVALID_EXTENSION", extensions);
  const subprotocol = headers.get("sec-websocket-protocol");
  if (subprotocol !== undefined && !request.subprotocols.includes(subprotocol)) {
    const message = "the server chose a subprotocol that was not offered";
    return fault("WS_ERR_INVALID_SUBPROTOCOL", message);
  }
  return { subprotocol: subprotocol ?? "", extensions };
}

/** The extensions that a server chose, or what is wrong with them (RFC 6455 sections 9.1 and 11.3.2). */
function chosenExtensions(
  headers: HttpHeaders,
  request: UpgradeRequest,
): readonly Extension[] | string {
  const values = headers.getAll("sec-websocket-extensions");
  if (values.length === 0) return [];
  const chosen = values.length > 1 ? undefined : parseExtensionList(values);
  if (chosen === undefined) return "the answer's Sec-WebSocket-Extensions header is malformed";
  const names = chosen.map(({ name }) => name);
  const offered = request.extensions.map(({ name }) => name);
  if (!names.every((name) => offered.includes(name))) {
    return "the server chose an extension that was not offered";
  }
  if (new Set(names).size < names.length) return "the server chose an extension twice";
  return chosen;
}
