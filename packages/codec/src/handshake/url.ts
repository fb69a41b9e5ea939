import { typeError } from "../errors.ts";
import { utf8Length, writeUtf8 } from "../utf8.ts";
import { encodeBase64 } from "./http-coding.ts";
import { hostPattern } from "./http-request.ts";
import { maxSocketPathLength, parseUnixTarget } from "./unix-url.ts";

/** The components of a WebSocket URL (RFC 6455 section 3). */
export interface WebSocketUrl {
  /** Whether the scheme is `wss`. */
  readonly secure: boolean;
  /** The host to connect to: a name or an address, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The `Host` header: IPv6 in brackets, and the port unless it is the scheme's default. */
  readonly host: string;
  /** The request target: path and query. */
  readonly target: string;
  /** The `Authorization` header for the URL's user information, or "" if it has none. */
  readonly authorization: string;
  /**
   * The path of a Unix socket to connect to instead of `hostname` and `port`, or "" for TCP. A NUL
   * character at its start means an abstract name (Linux).
   */
  readonly socketPath: string;
}

interface ParsedUrl {
  protocol: string;
  hostname: string;
  host: string;
  port: string;
  pathname: string;
  search: string;
  username: string;
  password: string;
}
const globals = globalThis as unknown as { URL: new (url: string) => ParsedUrl };

/**
 * Parses a `ws:` or `wss:` URL (RFC 6455 section 3), or a `ws+unix:` URL, which names a Unix socket:
 * `ws+unix:/path/to.sock:/target?query`, with `@name` instead of the path for an abstract name.
 *
 * @throws TypeError with code `WS_ERR_INVALID_URL` if the URL is invalid. Its message has the URL,
 *   with user information hidden, and the reason.
 *
 * @example
 * parseWebSocketUrl("wss://example.com/chat?room=1").port; // 443
 */
export function parseWebSocketUrl(text: string): WebSocketUrl {
  const fail = (what: string) =>
    typeError("WS_ERR_INVALID_URL", `invalid URL "${hideUserInformation(text)}": ${what}`);
  if (text.includes("#")) throw fail("a fragment is not allowed");
  const unix = /^ws\+unix:(.*)$/is.exec(text.trim());
  if (unix !== null) return parseUnixUrl(unix[1], fail);
  let url: ParsedUrl;
  try {
    url = new globals.URL(text);
  } catch {
    throw fail("it cannot be parsed");
  }
  const secure = url.protocol === "wss:";
  if (!secure && url.protocol !== "ws:") throw fail("the scheme must be ws, wss or ws+unix");
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  if (port === 0) throw fail("the port must be 1 to 65535");
  if (!hostPattern.test(url.host)) throw fail("the host has characters that no host may have");
  return {
    secure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    host: url.host,
    target: url.pathname + url.search,
    authorization: basicCredentials(url, fail),
    socketPath: "",
  };
}

/** The schemes of the URL standard in which a backslash is a slash. */
const specialScheme = /^\s*(?:wss?|https?|ftp|file):/i;

/**
 * Returns the URL without user information, because error messages are logged. Parsers of URLs take
 * any number of slashes and backslashes before it.
 */
function hideUserInformation(text: string): string {
  const slashes = /:[/\\\s]*/.exec(text);
  if (slashes === null) return text;
  const start = slashes.index + slashes[0].length;
  const length = text.slice(start).search(specialScheme.test(text) ? /[/\\?#]/ : /[/?#]/);
  const at = text.lastIndexOf("@", length < 0 ? text.length : start + length);
  return at > start ? `${text.slice(0, start)}***${text.slice(at)}` : text;
}

/** @param rest - The URL after `ws+unix:`. */
function parseUnixUrl(rest: string, fail: (what: string) => Error): WebSocketUrl {
  const { socketPath, target } = parseUnixTarget(rest, fail);
  if (utf8Length(socketPath) > maxSocketPathLength)
    throw fail(`the path of the socket is longer than ${maxSocketPathLength} bytes`);
  // Encodes and normalises the target as that of a `ws:` URL.
  const { pathname, search } = new globals.URL(`ws://localhost${target}`);
  return {
    secure: false,
    hostname: "localhost",
    port: 80,
    host: "localhost",
    target: pathname + search,
    authorization: "",
    socketPath,
  };
}

/** Returns the URL's user information as basic credentials in UTF-8 (RFC 7617). */
function basicCredentials(url: ParsedUrl, fail: (what: string) => Error): string {
  if (url.username === "" && url.password === "") return "";
  let credentials: string;
  try {
    credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  } catch {
    throw fail("the user information is not valid percent-encoded UTF-8");
  }
  const bytes = new Uint8Array(utf8Length(credentials));
  writeUtf8(credentials, bytes, 0);
  return `Basic ${encodeBase64(bytes)}`;
}
