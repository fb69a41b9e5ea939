import { HandshakeError, typeError } from "../errors.ts";
import { computeAcceptKey, isValidKey } from "./accept-key.ts";
import { type Extension, formatExtensionList } from "./extension-list.ts";
import { formatHeaders, type HeadersInit, isToken } from "./header-values.ts";
import { standardHttpCoding } from "./http-coding.ts";
import { HttpHeaders } from "./http-headers.ts";
import { type HttpRequest, hostPattern, invalidHttp } from "./http-request.ts";
import { checkOffers, upgradeReserved } from "./server.ts";

/** Names and values of an HTTP/2 header block, pseudo-headers included, in their order. */
export type HeaderBlock = Iterable<readonly [name: string, value: string]>;

/** The pseudo-headers of a request (RFC 9113 section 8.3.1, RFC 8441 section 4). */
const pseudoHeaders = /* @__PURE__ */ new Set([
  ":method",
  ":scheme",
  ":authority",
  ":path",
  ":protocol",
]);
/** Headers of one HTTP/1.1 connection, which HTTP/2 does not have (RFC 9113 section 8.2.2). */
const connectionHeaders = /* @__PURE__ */ new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Another value could end its header where it is passed on (RFC 9113 section 8.2.1). */
const invalidValue = /[\0\r\n]|^[ \t]|[ \t]$/;

/** Tells whether a request is an extended CONNECT for a WebSocket (RFC 8441 section 5). */
export function isWebSocketConnect(method: unknown, protocol: unknown): boolean {
  return method === "CONNECT" && protocol === "websocket";
}

/**
 * Reads a client's opening handshake over HTTP/2: an extended CONNECT request (RFC 8441 section 5).
 *
 * @returns The request, or the fault with the HTTP status for the response. `:authority` becomes the
 *   header `host`, as the requests of HTTP/1.1 have it.
 *
 * @example
 * const request = parseConnectRequest(headers);
 * if (request instanceof HandshakeError) return respond(request.status);
 */
export function parseConnectRequest(block: HeaderBlock): HttpRequest | HandshakeError {
  const fields = readFields(block, pseudoHeaders);
  if (typeof fields === "string") return invalidHttp(fields);
  return readPseudoHeaders(fields.pseudo, fields.headers);
}

/** The fields of a header block. */
export interface Fields {
  /** By name, which starts with a colon. */
  readonly pseudo: ReadonlyMap<string, string>;
  /** All others. */
  readonly headers: HttpHeaders;
}

/**
 * Reads the fields of a request or a response (RFC 9113 sections 8.2 and 8.3).
 *
 * @param pseudoHeaders - The names of those that the message may have.
 * @returns The fields, or what is malformed.
 */
export function readFields(
  block: HeaderBlock,
  pseudoHeaders: ReadonlySet<string>,
): Fields | string {
  const pseudo = new Map<string, string>();
  const headers = new HttpHeaders();
  let hasHeaders = false;
  for (const [name, value] of block) {
    if (invalidValue.test(value)) return "a header has no valid value";
    if (name.startsWith(":")) {
      if (!pseudoHeaders.has(name) || pseudo.has(name) || hasHeaders) {
        return `the pseudo-header ${name} is unknown, repeated or out of order`;
      }
      pseudo.set(name, value);
    } else {
      hasHeaders = true;
      const fault = appendHeader(headers, name, value);
      if (fault !== undefined) return fault;
    }
  }
  return { pseudo, headers };
}

function appendHeader(headers: HttpHeaders, name: string, value: string): string | undefined {
  if (!isToken(name) || name !== name.toLowerCase()) return "a header has no valid name";
  if (connectionHeaders.has(name)) return `HTTP/2 has no ${name} header`;
  if (name === "te" && value !== "trailers") return "the te header must be trailers";
  return headers.append(name, value) ? undefined : `more than one ${name} header`;
}

function readPseudoHeaders(
  pseudo: ReadonlyMap<string, string>,
  headers: HttpHeaders,
): HttpRequest | HandshakeError {
  if (!isWebSocketConnect(pseudo.get(":method"), pseudo.get(":protocol"))) {
    const message = "the request must be CONNECT with the protocol websocket";
    return new HandshakeError("WS_ERR_INVALID_METHOD", 501, message);
  }
  if (!/^https?$/.test(pseudo.get(":scheme") ?? "")) {
    return invalidHttp(":scheme must be http or https");
  }
  const target = pseudo.get(":path") ?? "";
  if (!/^\/[\x21-\x7e]*$/.test(target) || target.includes("#")) {
    return invalidHttp(":path is missing or invalid");
  }
  const authority = pseudo.get(":authority") ?? headers.get("host") ?? "";
  if (!hostPattern.test(authority)) return invalidHttp("a valid :authority is required");
  if (!headers.has("host")) headers.append("host", authority);
  else if (headers.get("host") !== authority) return invalidHttp("host and :authority differ");
  return { method: "CONNECT", target, headers };
}

/**
 * Checks an extended CONNECT request as an opening handshake (RFC 6455 section 4.2.1 without the
 * headers that RFC 8441 section 5 replaces).
 *
 * @returns The fault with the HTTP status for the response, or undefined if there is none.
 */
export function checkConnectRequest({ headers }: HttpRequest): HandshakeError | undefined {
  if (headers.getAll("sec-websocket-version").join() !== "13") {
    // Not 426, whose Upgrade header HTTP/2 does not have.
    return new HandshakeError("WS_ERR_INVALID_VERSION", 400, "sec-websocket-version must be 13");
  }
  const key = headers.get("sec-websocket-key");
  if (key !== undefined && !isValidKey(key)) {
    const message = "sec-websocket-key must be 16 bytes in base64";
    return new HandshakeError("WS_ERR_INVALID_KEY", 400, message);
  }
  return checkOffers(headers);
}

/**
 * Returns the headers of the response that opens the connection (RFC 8441 section 5). HTTP/2 needs
 * no key, but one that a client sends is answered.
 *
 * @param request - A request in which `checkConnectRequest` found no fault.
 * @param subprotocol - A subprotocol that the client offered, or "" for none.
 * @param headers - Further headers. Default: none.
 * @param extensions - The accepted extensions in the order in which they apply to data.
 * @throws TypeError if the subprotocol is not a token, or if a header is invalid or is set by the
 *   library.
 */
export function connectResponse(
  request: HttpRequest,
  subprotocol: string,
  headers: HeadersInit = {},
  extensions: readonly Extension[] = [],
  coding = standardHttpCoding,
): Record<string, string | string[]> {
  const response: Record<string, string | string[]> = { ":status": "200" };
  const key = request.headers.get("sec-websocket-key");
  if (key !== undefined) response["sec-websocket-accept"] = computeAcceptKey(key, coding);
  if (subprotocol !== "") {
    if (!isToken(subprotocol)) {
      throw typeError("WS_ERR_INVALID_ARGUMENT", "the subprotocol is not a token");
    }
    response["sec-websocket-protocol"] = subprotocol;
  }
  if (extensions.length > 0) {
    response["sec-websocket-extensions"] = formatExtensionList(extensions);
  }
  addHeaders(response, headers, upgradeReserved);
  return response;
}

/** Adds a caller's headers to a header block. Throws as `formatHeaders`. */
export function addHeaders(
  block: Record<string, string | string[]>,
  headers: HeadersInit,
  reserved: ReadonlySet<string>,
): void {
  for (const line of formatHeaders(headers, reserved).split("\r\n").slice(0, -1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const values = [block[name] ?? [], line.slice(colon + 2)].flat();
    block[name] = values.length === 1 ? values[0] : values;
  }
}
