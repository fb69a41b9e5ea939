import { exampleKey, httpHead } from "../opening-handshake.ts";
import {
  accepted,
  complete,
  host,
  key,
  latin1,
  more,
  refused,
  requestLine,
  requestWith,
  type ServerHandshakeCase,
  version,
} from "./server-handshake-case.ts";
import { headerCases } from "./server-handshake-headers.ts";
import { requestCases } from "./server-handshake-requests.ts";

/** The first request of RFC 6455 section 1.2, with the key of section 1.3. */
const example = httpHead(
  "GET /chat HTTP/1.1",
  "Host: server.example.com",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${exampleKey}`,
  "Origin: http://example.com",
  "Sec-WebSocket-Protocol: chat, superchat",
  "Sec-WebSocket-Version: 13",
);

const acceptedCases: readonly ServerHandshakeCase[] = [
  accepted("the example of the RFC", "1.3", example, "chat"),
  accepted(
    "names and values in mixed case",
    "4.2.1",
    httpHead(
      requestLine,
      "hOST: 127.0.0.1",
      "uPGRADE: WebSocket",
      "CONNECTION: uPgRaDe",
      `sec-websocket-key: ${exampleKey}`,
      "SEC-WEBSOCKET-VERSION: 13",
    ),
  ),
  accepted(
    "token lists, white space around values and unrelated headers",
    "4.2.1",
    httpHead(
      "GET /path?query=1&other=%20 HTTP/1.1",
      "Accept: */*",
      "Host:127.0.0.1:8080",
      "Upgrade: \t websocket \t",
      "Connection: keep-alive, Upgrade",
      key,
      version,
      "Cookie: a=b; c=d",
      "X-Empty:",
    ),
  ),
  accepted(
    "token lists over several lines",
    "4.2.1",
    httpHead(
      requestLine,
      host,
      "Connection: keep-alive",
      "Connection: , ,upgrade,",
      "Upgrade: h2c",
      "Upgrade: websocket",
      key,
      version,
      "Sec-WebSocket-Protocol: superchat",
      "Sec-WebSocket-Protocol: other, chat",
    ),
    "chat",
  ),
  accepted(
    "a subprotocol that the server supports",
    "4.2.2",
    more("Sec-WebSocket-Protocol: chat"),
    "chat",
  ),
  accepted(
    "only subprotocols that the server does not support",
    "4.2.2",
    more("Sec-WebSocket-Protocol: soap, wamp"),
  ),
  accepted(
    "a subprotocol in another case is different",
    "4.2.2",
    more("Sec-WebSocket-Protocol: Chat"),
  ),
  accepted(
    "an unknown extension is not chosen",
    "9.1",
    more("Sec-WebSocket-Extensions: x-unheard-of; level=9"),
  ),
  accepted("an empty body", "4.2.1", more("Content-Length: 0")),
];

const keyFaults: Readonly<Record<string, string>> = {
  "no key": "",
  "an empty key": "Sec-WebSocket-Key:",
  "a key of 15 bytes": "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1",
  "a key of 17 bytes": "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Njc=",
  "a key that is not base64": "Sec-WebSocket-Key: ~~~~~~~~~~~~~~~~~~~~~~==",
  "a key without its padding": "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ",
};

const syntaxFaults: Readonly<Record<string, Uint8Array>> = {
  "a bare line feed between two headers": more("X-Value: a\nX-Other: b"),
  "a bare line feed after the request line": latin1(
    `${requestLine}\n${complete.slice(1).join("\r\n")}\r\n\r\n`,
  ),
  "line feeds only": latin1(`${complete.join("\n")}\n\n`),
  "a bare carriage return": requestWith({ Host: "Host: 127.0.0.1\rX-Other: 1" }),
  "a folded line": requestWith({ Upgrade: "Upgrade:\r\n websocket" }),
  "NUL in a value": more("X-Value: a\0b"),
  "DEL in a value": more("X-Value: a\u007fb"),
  "a control character in a name": more("X\u0001: 1"),
  "a space before the colon": requestWith({ Host: "Host : 127.0.0.1" }),
  "a line without a colon": more("nonsense"),
  "a header without a name": more(": value"),
  "two Host headers": more("Host: 127.0.0.1"),
  "two keys": more(`Sec-WebSocket-Key: ${exampleKey}`),
  "no Host header": requestWith({ Host: "" }),
  "no HTTP version": requestWith({ GET: "GET /" }),
  "an extra space in the request line": requestWith({ GET: "GET  / HTTP/1.1" }),
  "a request target that is not a path": requestWith({ GET: "GET chat HTTP/1.1" }),
  "a request target with a fragment": requestWith({ GET: "GET /#top HTTP/1.1" }),
  "an empty request line": latin1(`\r\n${complete.join("\r\n")}\r\n\r\n`),
  "a TLS greeting": latin1("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003"),
  "a body": more("Content-Length: 5"),
  "a chunked body": more("Transfer-Encoding: chunked"),
  "a subprotocol that is not a token": more("Sec-WebSocket-Protocol: a b"),
  "a subprotocol that is offered twice": more("Sec-WebSocket-Protocol: chat, chat"),
};

const refusedCases: readonly ServerHandshakeCase[] = [
  ...Object.entries(keyFaults).map(([name, line]) =>
    refused(400, name, "4.2.1", requestWith({ "Sec-WebSocket-Key": line })),
  ),
  ...Object.entries(syntaxFaults).map(([name, send]) => refused(400, name, "4.2.1", send)),
  refused(400, "no Connection header", "4.2.1", requestWith({ Connection: "" })),
  refused(
    400,
    "a Connection header without upgrade",
    "4.2.1",
    requestWith({ Connection: "Connection: close" }),
  ),
  ...[
    "",
    "Sec-WebSocket-Version: 8",
    "Sec-WebSocket-Version: 14",
    "Sec-WebSocket-Version: 013",
  ].map((line) =>
    refused(426, line || "no version", "4.4", requestWith({ "Sec-WebSocket-Version": line })),
  ),
  refused(426, "no Upgrade header", "4.2.1", requestWith({ Upgrade: "" })),
  refused(426, "an upgrade to something else", "4.2.1", requestWith({ Upgrade: "Upgrade: h2c" })),
  refused(426, "a plain GET", "4.2.1", httpHead(requestLine, host)),
  refused(431, "a head that is too large", "4.2.1", more(`X-Long: ${"x".repeat(20_000)}`)),
  refused(
    431,
    "a head that is too large and does not end",
    "4.2.1",
    latin1(`GET /${"x".repeat(20_000)}`),
  ),
];

export const serverHandshakeCases: readonly ServerHandshakeCase[] = [
  ...acceptedCases,
  ...refusedCases,
  ...requestCases,
  ...headerCases,
];
