import { HandshakeError } from "../errors.ts";
import { tokenSource } from "./header-values.ts";
import type { HttpHead } from "./http-head.ts";
import type { HttpHeaders } from "./http-headers.ts";

/** A received HTTP request. */
export interface HttpRequest {
  readonly method: string;
  /** The request target in origin form: path and query, such as `/chat?name=x`. */
  readonly target: string;
  readonly headers: HttpHeaders;
}

const requestLine = /* @__PURE__ */ new RegExp(
  `^(${tokenSource}) ([\\x21-\\x7e]+) HTTP/(\\d)\\.(\\d)$`,
);
/** `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2). Must not be empty. */
export const hostPattern =
  /^(?:\[[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::\d*)?$/;
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

/** Returns the fault of a request that is not valid HTTP/1.1. */
export function invalidHttp(message: string): HandshakeError {
  return new HandshakeError("WS_ERR_INVALID_HTTP", 400, message);
}

/** Returns the fault of a request with another method than GET. */
export function invalidMethod(): HandshakeError {
  return new HandshakeError("WS_ERR_INVALID_METHOD", 405, "the method must be GET");
}
