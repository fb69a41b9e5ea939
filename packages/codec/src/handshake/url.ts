import { typeError } from "../errors.ts";
import { utf8Length, writeUtf8 } from "../utf8.ts";
import { encodeBase64 } from "./http-coding.ts";

/** A WebSocket URL taken apart (RFC 6455 section 3). */
export interface WebSocketUrl {
  /** Whether the scheme is wss. */
  readonly secure: boolean;
  /** What to connect to: a name or an address, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The `Host` header: IPv6 in brackets, the port unless it is the scheme's own. */
  readonly host: string;
  /** The request target: path and query. */
  readonly target: string;
  /** The `Authorization` header for the URL's user information, or "". */
  readonly authorization: string;
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
const platform = globalThis as unknown as { URL: new (url: string) => ParsedUrl };

/**
 * Parses a `ws:` or `wss:` URL (RFC 6455 section 3).
 *
 * @throws TypeError with code `WS_ERR_INVALID_URL`, naming the URL and what is wrong with it.
 *
 * @example
 * parseWebSocketUrl("wss://example.com/chat?room=1").port; // 443
 */
export function parseWebSocketUrl(text: string): WebSocketUrl {
  // Errors end up in logs, where passwords must not.
  const shown = text.replace(/\/\/[^/?#]*@/, "//***@");
  const fail = (what: string) => typeError("WS_ERR_INVALID_URL", `invalid URL "${shown}": ${what}`);
  let url: ParsedUrl;
  try {
    url = new platform.URL(text);
  } catch {
    throw fail("it cannot be parsed");
  }
  const secure = url.protocol === "wss:";
  if (!secure && url.protocol !== "ws:") throw fail("the scheme must be ws or wss");
  if (text.includes("#")) throw fail("a fragment is not allowed");
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  if (port === 0) throw fail("the port must be 1 to 65535");
  return {
    secure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    host: url.host,
    target: url.pathname + url.search,
    authorization: basicCredentials(url, fail),
  };
}

/** RFC 7617 with the charset that everybody uses. */
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
