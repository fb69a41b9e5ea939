import { concat } from "../frame-bytes.ts";
import { httpHead } from "../opening-handshake.ts";
import {
  accepted,
  complete,
  latin1,
  more,
  refused,
  requestLine,
  requestWith,
  type ServerHandshakeCase,
} from "./server-handshake-case.ts";

/** Maximum head length in bytes and number of header lines that a server accepts. */
const maxHeadLength = 16_384;
const maxHeaderLines = 100;

/** Returns the complete request, extended to a length in bytes with one long header. */
function requestOfLength(length: number): Uint8Array {
  const missing = length - more("X-Long: ").length;
  return more(`X-Long: ${"x".repeat(missing)}`);
}

/** Returns the complete request, extended to a number of header lines. */
function requestOfLines(count: number): Uint8Array {
  const missing = count - (complete.length - 1);
  return more(...Array.from({ length: missing }, (_, i) => `X-${i}: ${i}`));
}

/** Returns the complete request with another request line. */
const withLine = (line: string) => requestWith({ GET: line });

const absoluteTargets = [
  "http://127.0.0.1:8080/chat?a=b",
  "https://example.com/",
  "ws://127.0.0.1/chat",
  "WSS://EXAMPLE.COM/chat",
  "http://127.0.0.1",
  "http://127.0.0.1?query",
  "http://[::1]:80/",
];

const targetFaults: Readonly<Record<string, string>> = {
  "an absolute form of another scheme": "ftp://127.0.0.1/chat",
  "an absolute form without an authority": "http:///chat",
  "an absolute form with a fragment": "http://127.0.0.1/#top",
  "the authority form": "127.0.0.1:80",
  "the asterisk form": "*",
  "a request target that is not ASCII": "/caf\u00e9",
};

const lineFaults: Readonly<Record<string, string>> = {
  "a space at the end of the request line": `${requestLine} `,
  "a tab in the request line": "GET\t/ HTTP/1.1",
  "a method that is not a token": "G(T / HTTP/1.1",
  "a version in lower case": "GET / http/1.1",
  "a version without its minor number": "GET / HTTP/1",
  "a version of three numbers": "GET / HTTP/1.1.1",
};

/** The request line and the maximum size of a request (RFC 6455 section 4.1, items 1 to 3). */
export const requestCases: readonly ServerHandshakeCase[] = [
  accepted(
    "a request target in absolute form",
    "4.2.1",
    withLine("GET http://127.0.0.1/chat HTTP/1.1"),
  ),
  ...absoluteTargets.map((target) =>
    accepted(`request target ${target}`, "4.1", withLine(`GET ${target} HTTP/1.1`)),
  ),
  accepted("a path that starts with two slashes", "4.1", withLine("GET //a//b HTTP/1.1")),
  accepted("HTTP/1.2", "4.1", withLine("GET / HTTP/1.2")),
  ...Object.entries(targetFaults).map(([name, target]) =>
    refused(400, name, "4.1", withLine(`GET ${target} HTTP/1.1`)),
  ),
  ...Object.entries(lineFaults).map(([name, line]) => refused(400, name, "4.1", withLine(line))),
  ...["POST", "HEAD", "PUT", "CONNECT", "HEADER", "get"].map((method) =>
    refused(405, `method ${method}`, "4.1", withLine(`${method} / HTTP/1.1`)),
  ),
  refused(405, "OPTIONS *", "4.1", withLine("OPTIONS * HTTP/1.1")),
  refused(405, "a plain POST", "4.1", httpHead("POST / HTTP/1.1", "Host: 127.0.0.1")),
  ...["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/3.1"].map((version) =>
    refused(505, version, "4.1", withLine(`GET / ${version}`)),
  ),
  refused(505, "the preface of HTTP/2", "4.1", latin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
  accepted("a head of 16 KiB", "4.2.1", requestOfLength(maxHeadLength)),
  refused(431, "a head of 16 KiB and one byte", "4.2.1", requestOfLength(maxHeadLength + 1)),
  accepted("100 header lines", "4.2.1", requestOfLines(maxHeaderLines)),
  refused(431, "101 header lines", "4.2.1", requestOfLines(maxHeaderLines + 1)),
  refused(
    400,
    "a fault, and a valid request in one piece with it",
    "4.2.2",
    concat(requestWith({ "Sec-WebSocket-Key": "" }), more()),
  ),
  refused(
    426,
    "a plain GET, and a valid request in one piece with it",
    "4.2.2",
    concat(httpHead(requestLine, "Host: 127.0.0.1"), more()),
  ),
];
