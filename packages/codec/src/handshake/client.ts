import type { Bytes } from "../bytes/bytes.ts";
import { HandshakeError, shownValue, typeError } from "../errors.ts";
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
import type { HttpHead } from "./http-head.ts";
import type { HttpHeaders } from "./http-headers.ts";
import type { WebSocketUrl } from "./url.ts";

/** A client's opening handshake. */
export interface UpgradeRequest {
  readonly url: WebSocketUrl;
  /** 16 unpredictable bytes in base64; see `encodeKey`. */
  readonly key: string;
  /** In order of preference. Default: none. */
  readonly subprotocols?: readonly string[];
  /** In order of preference. Default: none. */
  readonly extensions?: readonly Extension[];
  /** Further headers. Default: none. */
  readonly headers?: HeadersInit;
}

/** The result of the opening handshake. */
export interface UpgradeResult {
  /** The agreed subprotocol, or "" for none. */
  readonly subprotocol: string;
  /** The agreed extensions in the order in which they apply to data (RFC 6455 section 9.1). */
  readonly extensions: readonly Extension[];
  /** All headers of the response. */
  readonly headers: HttpHeaders;
}

/** No character that ends the request line or a part of it. */
export const visible = /^[\x21-\x7e]+$/;

/** Headers that the library sets itself. */
export const reservedHeaders: ReadonlySet<string> = /* @__PURE__ */ new Set([
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
 * Checks the subprotocols that an endpoint offers or supports.
 *
 * @throws TypeError if one is not a token or occurs twice.
 */
export function checkSubprotocols(subprotocols: readonly string[]): void {
  if (!Array.isArray(subprotocols)) {
    const message = `option subprotocols must be a list, got ${shownValue(subprotocols)}`;
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
  for (const [index, subprotocol] of subprotocols.entries()) {
    if (typeof subprotocol !== "string" || !isToken(subprotocol)) {
      throw typeError(
        "WS_ERR_INVALID_OPTION",
        `subprotocol ${shownValue(subprotocol)} is not a token`,
      );
    }
    if (subprotocols.indexOf(subprotocol) !== index) {
      throw typeError("WS_ERR_INVALID_OPTION", `subprotocol "${subprotocol}" is listed twice`);
    }
  }
}

/**
 * Encodes a client's opening handshake (RFC 6455 section 4.1).
 *
 * @returns New bytes.
 * @throws TypeError if the key, the URL, a subprotocol, an extension or a header is invalid, so
 *   that it could change other parts of the request.
 */
export function encodeUpgradeRequest(request: UpgradeRequest): Bytes {
  const { url, key, subprotocols = [], extensions = [], headers = {} } = request;
  checkSubprotocols(subprotocols);
  if (!isValidKey(key) || !visible.test(url.host) || !visible.test(url.target)) {
    throw typeError("WS_ERR_INVALID_ARGUMENT", "the key or URL is invalid");
  }
  let text = `GET ${url.target} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n`;
  if (subprotocols.length > 0) text += `Sec-WebSocket-Protocol: ${subprotocols.join(", ")}\r\n`;
  if (extensions.length > 0) {
    text += `Sec-WebSocket-Extensions: ${formatExtensionList(extensions)}\r\n`;
  }
  const fields = formatHeaders(headers, reservedHeaders);
  if (url.authorization !== "" && !/^authorization:/im.test(fields)) {
    text += formatHeaders({ Authorization: url.authorization }, reservedHeaders);
  }
  return encodeLatin1(`${text}${fields}\r\n`);
}

/**
 * Checks the head of a server's response (RFC 6455 section 4.1, "Once the client's opening
 * handshake has been sent").
 *
 * @param request - The request that was sent.
 * @returns The agreed subprotocol and extensions, or the fault. If the status is not 101, the fault
 *   has the response's headers.
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
    return fault("WS_ERR_INVALID_UPGRADE", "the response's Upgrade header is not websocket");
  }
  if (!includesToken(headers.getAll("connection"), "upgrade")) {
    return fault("WS_ERR_INVALID_UPGRADE", "the response's Connection header lacks upgrade");
  }
  if (headers.get("sec-websocket-accept") !== computeAcceptKey(request.key)) {
    return fault("WS_ERR_INVALID_ACCEPT", "the response's Sec-WebSocket-Accept is wrong");
  }
  return checkAgreement(headers, request, status);
}

/**
 * Checks the subprotocol and the extensions that a server chose.
 *
 * @param status - The HTTP status of the response.
 */
export function checkAgreement(
  headers: HttpHeaders,
  request: Pick<UpgradeRequest, "subprotocols" | "extensions">,
  status: number,
): UpgradeResult | HandshakeError {
  const extensions = chosenExtensions(headers, request);
  if (typeof extensions === "string") {
    return new HandshakeError("WS_ERR_INVALID_EXTENSION", status, extensions);
  }
  const subprotocol = headers.get("sec-websocket-protocol");
  if (subprotocol !== undefined && !request.subprotocols?.includes(subprotocol)) {
    const message = "the server chose a subprotocol that was not offered";
    return new HandshakeError("WS_ERR_INVALID_SUBPROTOCOL", status, message);
  }
  return { subprotocol: subprotocol ?? "", extensions, headers };
}

/** Returns the extensions that a server chose, or a fault (RFC 6455 sections 9.1 and 11.3.2). */
function chosenExtensions(
  headers: HttpHeaders,
  request: Pick<UpgradeRequest, "extensions">,
): readonly Extension[] | string {
  const values = headers.getAll("sec-websocket-extensions");
  if (values.length === 0) return [];
  const chosen = values.length > 1 ? undefined : parseExtensionList(values);
  if (chosen === undefined) return "the response's Sec-WebSocket-Extensions header is malformed";
  const names = chosen.map(({ name }) => name);
  const offered = request.extensions?.map(({ name }) => name);
  if (!names.every((name) => offered?.includes(name))) {
    return "the server chose an extension that was not offered";
  }
  if (new Set(names).size < names.length) return "the server chose an extension twice";
  return chosen;
}
