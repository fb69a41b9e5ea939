import type { Bytes } from "../bytes/bytes.ts";
import { HandshakeError, typeError } from "../errors.ts";
import { computeAcceptKey, isValidKey } from "./accept-key.ts";
import { type Extension, formatExtensionList, parseExtensionList } from "./extension-list.ts";
import {
  formatHeaders,
  type HeadersInit,
  includesToken,
  isToken,
  parseTokenList,
} from "./header-values.ts";
import { standardHttpCoding } from "./http-coding.ts";
import type { HttpHeaders } from "./http-headers.ts";
import { type HttpRequest, invalidHttp, invalidMethod } from "./http-request.ts";

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
export function checkOffers(headers: HttpHeaders): HandshakeError | undefined {
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

/**
 * Returns the extensions that the client offers, in its order of preference (RFC 6455 section 9.1).
 *
 * @param request - A request in which `checkUpgradeRequest` found no fault.
 */
export function offeredExtensions(request: HttpRequest): readonly Extension[] {
  return parseExtensionList(request.headers.getAll("sec-websocket-extensions")) ?? [];
}

/** Headers of a response that opens a connection which the library sets itself. */
export const upgradeReserved: ReadonlySet<string> = /* @__PURE__ */ new Set([
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
 * @param subprotocol - A subprotocol that the client offered, or "" for none, the default.
 * @param extensions - The accepted extensions in the order in which they apply to data.
 * @param coding - Encodes the response and computes SHA-1.
 * @returns New bytes.
 * @throws TypeError if a header does not fit into one header line or is set by the library, or if
 *   the subprotocol is not a token.
 */
export function encodeUpgradeResponse(
  request: HttpRequest,
  subprotocol = "",
  headers?: HeadersInit,
  extensions: readonly Extension[] = [],
  coding = standardHttpCoding,
): Bytes {
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
  if (headers !== undefined) text += formatHeaders(headers, upgradeReserved);
  return coding.encodeLatin1(`${text}\r\n`);
}
