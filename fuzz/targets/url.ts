import { HandshakeError } from "../../packages/codec/src/errors.ts";
import { encodeKey, encodeUpgradeRequest } from "../../packages/codec/src/handshake/client.ts";
import { HttpHeadReader } from "../../packages/codec/src/handshake/http-head.ts";
import { parseRequest } from "../../packages/codec/src/handshake/http-request.ts";
import { parseConnectRequest } from "../../packages/codec/src/handshake/http2.ts";
import { connectRequest } from "../../packages/codec/src/handshake/http2-client.ts";
import { parseWebSocketUrl, type WebSocketUrl } from "../../packages/codec/src/handshake/url.ts";
import { check, checkSame } from "../reference/check.ts";
import { decode, readUnixUrl } from "../reference/unix-url.ts";

export { urlDictionary as dictionary } from "../input/dictionaries.ts";

/** A password that no other part of a URL has by chance. */
const secret = "hunter2";
const key = encodeKey(new Uint8Array(16));

/**
 * A URL is taken apart as the URL standard and the form of `ws+unix:` say, is one request for each
 * HTTP version, and no error shows its password.
 */
export function fuzz(data: Uint8Array): void {
  const text = Buffer.from(data).toString("utf8");
  // Exponential or quadratic time shows as an input that does not end.
  parse(text.repeat(Math.floor(60_000 / Math.max(1, text.length))));
  const url = parse(text);
  const unix = /^[\s\0-\x20]*ws\+unix:/i.exec(text);
  if (unix === null) checkTcp(text, url);
  else checkUnix(text, url);
  if (url !== undefined) checkRequests(url);
}

/** Returns undefined if the URL is invalid. */
function parse(text: string): WebSocketUrl | undefined {
  try {
    return parseWebSocketUrl(text);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    check(error instanceof TypeError && code === "WS_ERR_INVALID_URL", `threw ${error}`);
    checkSecret(text, message);
    return undefined;
  }
}

/** The error of an invalid URL is logged, so it must not have the password. */
function checkSecret(text: string, message: string): void {
  const standard = URL.canParse(text) ? new URL(text) : undefined;
  const isPassword = standard?.password.includes(secret) && text.split(secret).length === 2;
  check(!isPassword || !message.includes(secret), "the error shows the password");
}

function checkTcp(text: string, url: WebSocketUrl | undefined): void {
  const standard = URL.canParse(text) ? new URL(text) : undefined;
  const isSocket = standard?.protocol === "ws:" || standard?.protocol === "wss:";
  if (standard === undefined || !isSocket || text.includes("#") || standard.port === "0") {
    return check(url === undefined, "an invalid URL is accepted");
  }
  // RFC 3986 section 3.2.2 does not allow all that the URL standard does.
  if (/["`{}]/.test(standard.host)) return check(url === undefined, "an invalid host is accepted");
  const user = decode(standard.username);
  const password = decode(standard.password);
  if (user === undefined || password === undefined) {
    return check(url === undefined, "invalid user information is accepted");
  }
  check(url !== undefined, "a valid URL is refused");
  const secure = standard.protocol === "wss:";
  const defaultPort = secure ? "443" : "80";
  const credentials = Buffer.from(`${user}:${password}`).toString("base64");
  const expected = {
    secure,
    hostname: standard.hostname.startsWith("[")
      ? standard.hostname.slice(1, -1)
      : standard.hostname,
    port: Number(standard.port === "" ? defaultPort : standard.port),
    host: standard.host,
    target: standard.pathname + standard.search,
    authorization: user === "" && password === "" ? "" : `Basic ${credentials}`,
    socketPath: "",
  };
  checkSame(JSON.stringify(url), JSON.stringify(expected), "the URL differs");
  check(
    url.port >= 1 && url.port <= 65_535 && url.hostname !== "",
    "there is nothing to connect to",
  );
}

function checkUnix(text: string, url: WebSocketUrl | undefined): void {
  const trimmed = text.trim();
  const expected = text.includes("#") ? undefined : readUnixUrl(trimmed.slice("ws+unix:".length));
  if (!/^ws\+unix:/i.test(trimmed) || expected === undefined) {
    return check(url === undefined, "an invalid ws+unix URL is accepted");
  }
  check(url !== undefined, "a valid ws+unix URL is refused");
  checkSame(url.socketPath, expected.path, "the path of the socket differs");
  check(!url.socketPath.slice(1).includes("\0"), "the path has a NUL character");
  // A target such as `//a/b` is a path here, not the address of another host.
  const { pathname, search } = new URL(`ws://localhost${expected.target}`);
  checkSame(url.target, pathname + search, "the target differs");
  check(url.host === "localhost" && !url.secure && url.authorization === "", "the host differs");
}

/** Both versions of HTTP send the same target to the same host, and nothing else. */
function checkRequests(url: WebSocketUrl): void {
  const request = { url, key, subprotocols: [], extensions: [], headers: {} };
  const reader = new HttpHeadReader();
  const bytes = encodeUpgradeRequest(request);
  check(reader.push(bytes) === bytes.length, "the request does not end at its end");
  const isLong = reader.error?.status === 431;
  check(reader.head !== undefined || isLong, "the request has no head");
  const first = reader.head === undefined ? undefined : parseRequest(reader.head);
  const block = Object.entries(connectRequest(request)) as [string, string][];
  for (const parsed of [first, parseConnectRequest(block)]) {
    if (parsed === undefined) continue;
    check(!(parsed instanceof HandshakeError), `our server refuses our request: ${parsed}`);
    checkSame(parsed.target, url.target, "the target that arrives differs");
    checkSame(parsed.headers.get("host") ?? "", url.host, "the host that arrives differs");
    checkSame(parsed.headers.get("authorization") ?? "", url.authorization, "credentials differ");
  }
}
