import { concat, utf8 } from "../frame-bytes.ts";
import { httpHead, upgradeAnswer } from "../opening-handshake.ts";

/** A case of what a client reports about a response other than 101 (RFC 6455 section 4.1). */
export interface ClientRefusalCase {
  readonly name: string;
  /** Returns the response to a request with this key, in the pieces in which it is sent. */
  answer(key: string): readonly Uint8Array[];
  /** Whether TCP ends after the response. If not, the client must end it. */
  readonly ends: boolean;
  /** What the client reports besides the code. */
  readonly says: {
    readonly status: number;
    readonly bodyLength: number;
    readonly body?: string;
    readonly retryAfter?: string;
  };
}

/** Maximum number of body bytes that a client keeps. */
const maxBodyLength = 65_536;

/**
 * The response is complete, or as much of it as the client keeps, so the client waits for nothing
 * else.
 */
function complete(
  name: string,
  status: number,
  body: string,
  ...answer: readonly Uint8Array[]
): ClientRefusalCase {
  const says = { status, body, bodyLength: utf8(body).length };
  return { name, answer: () => answer, ends: false, says };
}

/** Only the end of TCP marks the end of the body. */
function ended(testCase: ClientRefusalCase): ClientRefusalCase {
  return { ...testCase, ends: true };
}

function long(name: string, ...answer: readonly Uint8Array[]): ClientRefusalCase {
  const says = { status: 500, bodyLength: maxBodyLength };
  return { name, answer: () => answer, ends: false, says };
}

/** Returns a head and a body with a Content-Length. */
function withLength(body: string, status = "503 Busy", ...lines: readonly string[]): Uint8Array {
  const bytes = utf8(body);
  return concat(httpHead(`HTTP/1.1 ${status}`, `Content-Length: ${bytes.length}`, ...lines), bytes);
}

const chunkedHead = httpHead("HTTP/1.1 500 Oh", "Transfer-Encoding: chunked");
const plainHead = httpHead("HTTP/1.1 500 Oh", "Content-Type: text/plain");
const filling = new Uint8Array(200_000).fill(0x78);

/** Splits bytes into chunks (RFC 9112 section 7.1) of 1,000 bytes, without the last chunk. */
function chunks(bytes: Uint8Array): Uint8Array {
  const all = Array.from({ length: bytes.length / 1_000 }, (_, i) =>
    concat(utf8("3E8\r\n"), bytes.subarray(i * 1_000, (i + 1) * 1_000), utf8("\r\n")),
  );
  return concat(...all);
}

const statusCases: readonly ClientRefusalCase[] = [
  ...["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent"].map(
    (status) =>
      complete(
        `a redirect is not followed: ${status}`,
        Number(status.slice(0, 3)),
        "",
        withLength("", status, "Location: /elsewhere"),
      ),
  ),
  complete(
    "401 Unauthorized",
    401,
    "who are you?\n",
    withLength("who are you?\n", "401 Unauthorized", 'WWW-Authenticate: Basic realm="chat"'),
  ),
  complete(
    "another version of the protocol",
    426,
    "",
    withLength("", "426 Upgrade Required", "Sec-WebSocket-Version: 8, 7"),
  ),
  {
    ...complete("a time to wait", 503, "busy", withLength("busy", "503 Busy", "Retry-After: 120")),
    says: { status: 503, body: "busy", bodyLength: 4, retryAfter: "120" },
  },
  ...["100 Continue", "102 Processing", "103 Early Hints"].map(
    (status): ClientRefusalCase => ({
      name: `${status}, and then 101`,
      answer: (key) => [concat(httpHead(`HTTP/1.1 ${status}`), upgradeAnswer(key))],
      ends: false,
      says: { status: Number(status.slice(0, 3)), body: "", bodyLength: 0 },
    }),
  ),
  ...["204 No Content", "304 Not Modified"].map((status) =>
    complete(
      `${status} has no body`,
      Number(status.slice(0, 3)),
      "",
      httpHead(`HTTP/1.1 ${status}`, "Content-Length: 5"),
    ),
  ),
];

const lengthCases: readonly ClientRefusalCase[] = [
  complete("a body in one piece with the head", 503, "busy", withLength("busy")),
  complete(
    "a body after the head, in pieces",
    503,
    "a body in pieces",
    httpHead("HTTP/1.1 503 Busy", "Content-Length: 16"),
    utf8("a body"),
    utf8(" in "),
    utf8("pieces"),
  ),
  complete("a body that is not ASCII", 503, "voll – später", withLength("voll – später")),
  complete(
    "bytes after the body are not part of it",
    503,
    "busy",
    concat(withLength("busy"), withLength("more")),
  ),
  ended(
    complete("a body that is cut off by the end", 503, "bus", withLength("busy").subarray(0, -1)),
  ),
  ended(
    complete(
      "a head without its body",
      503,
      "",
      httpHead("HTTP/1.1 503 Busy", "Content-Length: 5"),
    ),
  ),
  complete(
    "an invalid length",
    500,
    "",
    httpHead("HTTP/1.1 500 Oh", "Content-Length: -5"),
    utf8("never"),
  ),
  long("200,000 bytes", concat(httpHead("HTTP/1.1 500 Oh", "Content-Length: 200000"), filling)),
  long(
    "200,000 bytes, of which 64 KiB arrive",
    concat(
      httpHead("HTTP/1.1 500 Oh", "Content-Length: 200000"),
      filling.subarray(0, maxBodyLength),
    ),
  ),
];

const chunkedCases: readonly ClientRefusalCase[] = [
  complete(
    "a chunked body",
    500,
    "hello world",
    concat(chunkedHead, utf8("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")),
  ),
  complete(
    "a chunked body, split within sizes and line ends",
    500,
    "hello world",
    chunkedHead,
    utf8("5"),
    utf8("\r"),
    utf8("\nhel"),
    utf8("lo\r\n6\r\n worl"),
    utf8("d\r"),
    utf8("\n0"),
    utf8("\r\n\r\n"),
  ),
  complete(
    "chunks with extensions, sizes in upper case and with zeros, and trailers",
    500,
    "0123456789!",
    concat(
      chunkedHead,
      utf8('A;x="1"\r\n0123456789\r\n0001\r\n!\r\n0;last\r\nX-Trailer: 1\r\n\r\n'),
    ),
  ),
  complete(
    "chunked overrides a length",
    500,
    "hello",
    concat(
      httpHead("HTTP/1.1 500 Oh", "Content-Length: 3", "Transfer-Encoding: chunked"),
      utf8("5\r\nhello\r\n0\r\n\r\n"),
    ),
  ),
  complete("a chunk size of x", 500, "", concat(chunkedHead, utf8("x\r\nhello\r\n"))),
  complete(
    "a chunk that is longer than its size",
    500,
    "hello",
    concat(chunkedHead, utf8("5\r\nhello, world\r\n0\r\n\r\n")),
  ),
  ended(
    complete("a chunked body that is cut off", 500, "hel", concat(chunkedHead, utf8("5\r\nhel"))),
  ),
  long("200,000 bytes in chunks", concat(chunkedHead, chunks(filling))),
  long(
    "one chunk, of which 64 KiB arrive",
    concat(chunkedHead, utf8("30D40\r\n"), filling.subarray(0, maxBodyLength)),
  ),
];

const untilEndCases: readonly ClientRefusalCase[] = [
  ended(complete("a body until the end", 500, "until the end", plainHead, utf8("until the end"))),
  ended(complete("nothing until the end", 500, "", plainHead)),
  long("200,000 bytes without an end", concat(plainHead, filling)),
];

export const clientRefusalCases: readonly ClientRefusalCase[] = [
  ...statusCases,
  ...lengthCases,
  ...chunkedCases,
  ...untilEndCases,
];
