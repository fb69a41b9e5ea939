import { HandshakeError } from "@framewright/codec";
import {
  type HeadersInit,
  parseWebSocketUrl,
  type WebSocketUrl,
} from "@framewright/codec/handshake";
import { checkInteger, checkKeys, optionError } from "../options/option-values.ts";
import { globals } from "../runtime/globals.ts";
import { formatUrl } from "./handshake-fault.ts";

/** How `connect` follows redirects. */
export interface RedirectOptions {
  /** Maximum number of redirects of one call, 0 to 100. */
  readonly max: number;
  /**
   * Returns the headers to send to another origin (scheme, host and port) than that of the URL.
   * Default: none, because `headers` may have secrets that were meant for the first server.
   */
  readonly headers?: (url: string) => HeadersInit;
}

/** Where a redirect leads. */
export interface Redirect {
  readonly url: WebSocketUrl;
  readonly isSameOrigin: boolean;
}

const noRedirects: RedirectOptions = { max: 0 };
const maxRedirects = 100;

/** Validates the option `redirects`. */
export function checkRedirects(option: number | RedirectOptions | undefined): RedirectOptions {
  if (option === undefined) return noRedirects;
  if (typeof option === "number") {
    return { max: checkInteger("redirects", option, 0, maxRedirects) };
  }
  if (typeof option !== "object" || option === null)
    throw optionError("redirects", option, "a number or an object");
  checkKeys("redirects", option, ["max", "headers"]);
  checkInteger("redirects.max", option.max, 0, maxRedirects);
  if (option.headers !== undefined && typeof option.headers !== "function")
    throw optionError("redirects.headers", option.headers, "a function");
  return option;
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** Whether a response redirects the client (RFC 9110 section 15.4). */
export function isRedirect({ code, status }: HandshakeError): boolean {
  return code === "WS_ERR_UNEXPECTED_RESPONSE" && redirectStatuses.includes(status);
}

/** The URLs of one call of `connect`. */
export class RedirectChain {
  private readonly max: number;
  private readonly visited = new Set<string>();
  private count = 0;

  constructor(max: number, first: WebSocketUrl) {
    this.max = max;
    this.visited.add(formatUrl(first));
  }

  /** Whether the next redirect can be followed. */
  get mayFollow(): boolean {
    return this.count < this.max;
  }

  /**
   * Returns where a redirect leads.
   *
   * @throws HandshakeError if it cannot be followed.
   */
  follow(response: HandshakeError, from: WebSocketUrl): Redirect {
    if (!this.mayFollow) {
      throw tooMany(response, `the server redirected more than ${this.max} times`);
    }
    this.count++;
    const redirect = resolveLocation(response, from);
    const key = formatUrl(redirect.url);
    if (this.visited.has(key)) {
      throw tooMany(response, `the server redirects in a loop, to ${key.split("?")[0]} again`);
    }
    this.visited.add(key);
    return redirect;
  }
}

interface ParsedUrl {
  protocol: string;
  username: string;
  password: string;
  hash: string;
  readonly href: string;
}

function tooMany(response: HandshakeError, message: string): HandshakeError {
  return new HandshakeError("WS_ERR_TOO_MANY_REDIRECTS", response.status, message, response);
}

/** Creates the error of a redirect that cannot be followed. It has all of the response. */
export function invalidRedirect(response: HandshakeError, reason: string): HandshakeError {
  const message = `the server's redirect cannot be followed: ${reason}`;
  return new HandshakeError("WS_ERR_INVALID_REDIRECT", response.status, message, response);
}

/**
 * Resolves a `Location` header (RFC 9110 section 10.2.2). User information in it is ignored, so that
 * a server cannot choose what is sent to another one. That of the first URL stays with its origin.
 */
function resolveLocation(response: HandshakeError, from: WebSocketUrl): Redirect {
  const invalid = (reason: string) => invalidRedirect(response, reason);
  const location = response.headers?.get("location");
  if (location === undefined) throw invalid("it has no Location header");
  let parsed: ParsedUrl;
  let url: WebSocketUrl;
  try {
    const base = `${from.secure ? "wss" : "ws"}://${from.host}${from.target}`;
    parsed = new globals.URL(location, base) as unknown as ParsedUrl;
  } catch {
    throw invalid("its Location header is not a URL");
  }
  if (parsed.protocol === "http:") parsed.protocol = "ws:";
  else if (parsed.protocol === "https:") parsed.protocol = "wss:";
  else if (!/^wss?:$/.test(parsed.protocol))
    throw invalid("it does not lead to ws, wss, http or https");
  parsed.username = "";
  parsed.password = "";
  // A page may have one; a WebSocket does not.
  parsed.hash = "";
  try {
    url = parseWebSocketUrl(parsed.href);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  if (from.secure && !url.secure) throw invalid("it leads from wss to ws");
  const isSameOrigin = url.secure === from.secure && url.host === from.host;
  if (!isSameOrigin) return { url, isSameOrigin };
  const { authorization, socketPath } = from;
  return { url: { ...url, authorization, socketPath }, isSameOrigin };
}
