import type { Bytes } from "../bytes/bytes.ts";
import { type HandshakeError, rangeError, shownValue } from "../errors.ts";
import { utf8Length, writeUtf8 } from "../utf8.ts";
import { encodeLatin1, formatHeaders, type HeadersInit } from "./header-values.ts";

/** An HTTP response to a request that does not become a WebSocket connection. */
export interface HttpResponse {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: HeadersInit;
  /** Text is sent in UTF-8. Bytes are borrowed, not modified. */
  readonly body?: string | Uint8Array;
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
export function encodeHttpResponse(response: HttpResponse, method: string): Bytes {
  const { status, headers = {}, body = "" } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    const message = `HTTP status must be 200 to 599, got ${shownValue(status)}`;
    throw rangeError("WS_ERR_INVALID_OPTION", message);
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

/** How long a client should wait if nothing better is known, in seconds. */
const defaultRetryAfter = 5;

/**
 * Returns the response to a faulty request: one line of plain text, and the headers that its status
 * requires (RFC 6455 section 4.4, RFC 9110 sections 10.2.3, 15.5.6 and 15.5.22, RFC 6585 section 4).
 */
export function faultResponse(fault: HandshakeError): HttpResponse {
  const headers: Record<string, string> = {};
  if (fault.httpStatus === 405) headers.Allow = "GET";
  if (fault.httpStatus === 429 || fault.httpStatus === 503) {
    headers["Retry-After"] = String(fault.retryAfter ?? defaultRetryAfter);
  }
  if (fault.httpStatus === 426) {
    headers.Upgrade = "websocket";
    headers["Sec-WebSocket-Version"] = "13";
  }
  return { status: fault.httpStatus, headers, body: `${fault.message}\n` };
}

/**
 * Encodes the response to a faulty request: see `faultResponse`.
 *
 * @param method - The request's method, if it could be read.
 * @returns New bytes.
 *
 * @example
 * write(encodeHandshakeFault(reader.error, reader.request?.method));
 */
export function encodeHandshakeFault(fault: HandshakeError, method = ""): Bytes {
  return encodeHttpResponse(faultResponse(fault), method);
}
