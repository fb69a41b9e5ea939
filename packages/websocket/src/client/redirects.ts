import { HandshakeError } from "@framewright/codec";
import {
  type HeadersInit,
  parseWebSocketUrl,
  type WebSocketUrl,
} from "@framewright/codec/handshake";
import { globals } from "../runtime/globals.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { Attempt } from "./attempt.ts";
import type { ClientTlsSettings } from "./client-tls.ts";
import { formatUrl } from "./handshake-fault.ts";
import type { Http2Choice } from "./http2-option.ts";
import type { RedirectOptions } from "./redirect-options.ts";

/** Where a redirect leads. */
export interface Redirect {
  readonly url: WebSocketUrl;
  readonly isSameOrigin: boolean;
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** Whether a response redirects the client (RFC 9110 section 15.4). */
export function isRedirect({ code, status }: HandshakeError): boolean {
  return code === "WS_ERR_UNEXPECTED_RESPONSE" && redirectStatuses.includes(status);
}

/** The URLs of one call of `connect`. */
export class RedirectChain {
  private readonly max: number;
  private readonly headers: RedirectOptions["headers"];
  private readonly visited = new Set<string>();
  private count = 0;

  constructor({ max, headers }: RedirectOptions, first: WebSocketUrl) {
    this.max = max;
    this.headers = headers;
    this.visited.add(formatUrl(first));
  }

  /** Whether a response is a redirect that can be followed. Its body is not needed then. */
  follows(response: HandshakeError): boolean {
    return this.count < this.max && isRedirect(response);
  }

  /**
   * Connects, and follows redirects (RFC 6455 section 4.1, item 1 of the server's response).
   *
   * @param connect - Connects once.
   * @param next - Prepares the next attempt.
   */
  async connect<Data>(
    first: Attempt<Data>,
    http2: Http2Choice,
    connect: (attempt: Attempt<Data>) => Promise<Socket<Data>>,
    next: (url: WebSocketUrl, tls: ClientTlsSettings, headers: HeadersInit) => Attempt<Data>,
  ): Promise<Socket<Data>> {
    let attempt = first;
    let { headers = {} } = first.request;
    for (;;) {
      try {
        return await connect(attempt);
      } catch (error) {
        if (!(error instanceof HandshakeError && isRedirect(error))) throw error;
        const { url, isSameOrigin } = this.follow(error, attempt.target.url);
        let { tls } = attempt.target;
        if (!isSameOrigin) {
          if (typeof http2 === "object")
            throw invalidRedirect(error, "the session of option http2 is for another origin");
          headers = this.headers?.(formatUrl(url)) ?? {};
          tls = { ...tls, serverName: undefined, certificate: undefined };
        }
        attempt = next(url, tls, headers);
      }
    }
  }

  /**
   * Returns where a redirect leads.
   *
   * @throws HandshakeError if it cannot be followed.
   */
  follow(response: HandshakeError, from: WebSocketUrl): Redirect {
    if (this.count >= this.max) {
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
function invalidRedirect(response: HandshakeError, reason: string): HandshakeError {
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
