import { acceptFor, httpHead, upgradeAnswer } from "../opening-handshake.ts";

/**
 * A case of a client's handling of a server's response (RFC 6455 section 4.1, from "Once the
 * client's...").
 */
export interface ClientHandshakeCase {
  readonly name: string;
  readonly section: string;
  /**
   * Returns the response to a request with this key. Afterwards TCP ends, unless the client opens
   * the connection.
   */
  answer(key: string): Uint8Array;
  /** The code of the client's error; undefined if the connection opens. */
  readonly error: string | undefined;
}

const status = "HTTP/1.1 101 Switching Protocols";
const upgrade = "Upgrade: websocket";
const connection = "Connection: Upgrade";
const accept = (key: string) => `Sec-WebSocket-Accept: ${acceptFor(key)}`;

function opens(name: string, lines: (key: string) => readonly string[]): ClientHandshakeCase {
  return { name, section: "4.1", answer: (key) => httpHead(...lines(key)), error: undefined };
}

function fails(
  error: string,
  name: string,
  answer: (key: string) => Uint8Array,
): ClientHandshakeCase {
  return { name: `${error}: ${name}`, section: "4.1", answer, error };
}

/** A valid response apart from these additional lines. */
function extra(error: string, name: string, ...lines: readonly string[]): ClientHandshakeCase {
  return fails(error, name, (key) => httpHead(status, upgrade, connection, accept(key), ...lines));
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

const openCases: readonly ClientHandshakeCase[] = [
  opens("a valid answer", (key) => [status, upgrade, connection, accept(key)]),
  opens("names and values in mixed case", (key) => [
    "HTTP/1.1 101 whatever",
    "UPGRADE: WebSocket",
    "connection: uPGRADE",
    `SEC-websocket-ACCEPT: ${acceptFor(key)}`,
  ]),
  opens("token lists over several lines, blanks and further headers", (key) => [
    "HTTP/1.1 101 ",
    "Date: Thu, 01 Jan 1970 00:00:00 GMT",
    "Connection: keep-alive",
    "Connection: , upgrade",
    "Upgrade: \t websocket\t",
    `Sec-WebSocket-Accept:   ${acceptFor(key)}  `,
    "Set-Cookie: a=b",
    "Set-Cookie: c=d",
  ]),
  opens("a subprotocol that was offered", (key) => [
    status,
    upgrade,
    connection,
    accept(key),
    "Sec-WebSocket-Protocol: superchat",
  ]),
  {
    name: "a head of 16 KiB",
    section: "4.1",
    answer: (key) => answerOfLength(key, 16_384),
    error: undefined,
  },
  opens("100 header lines", (key) => [
    status,
    upgrade,
    connection,
    accept(key),
    ...Array.from({ length: 97 }, (_, i) => `X-${i}: ${i}`),
  ]),
];

/** A valid response, extended to a length in bytes with one long header. */
function answerOfLength(key: string, length: number): Uint8Array {
  const lines = [status, upgrade, connection, accept(key)];
  const missing = length - httpHead(...lines, "X-Long: ").length;
  return httpHead(...lines, `X-Long: ${"x".repeat(missing)}`);
}

const acceptFaults: readonly ClientHandshakeCase[] = [
  fails("WS_ERR_INVALID_ACCEPT", "no accept", () => httpHead(status, upgrade, connection)),
  fails("WS_ERR_INVALID_ACCEPT", "the accept of another key", () =>
    httpHead(status, upgrade, connection, accept("AAAAAAAAAAAAAAAAAAAAAA==")),
  ),
  fails("WS_ERR_INVALID_ACCEPT", "the accept in other case", (key) =>
    httpHead(status, upgrade, connection, `Sec-WebSocket-Accept: ${swapCase(acceptFor(key))}`),
  ),
  fails("WS_ERR_INVALID_ACCEPT", "the key itself", (key) =>
    httpHead(status, upgrade, connection, `Sec-WebSocket-Accept: ${key}`),
  ),
];

function swapCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  );
}

const failingCases: readonly ClientHandshakeCase[] = [
  ...acceptFaults,
  fails("WS_ERR_INVALID_UPGRADE", "no Upgrade header", (key) =>
    httpHead(status, connection, accept(key)),
  ),
  fails("WS_ERR_INVALID_UPGRADE", "an upgrade to something else", (key) =>
    httpHead(status, "Upgrade: h2c", connection, accept(key)),
  ),
  ...["websocket, h2c", "h2c, websocket", "websocket/13", ""].map((value) =>
    fails("WS_ERR_INVALID_UPGRADE", `Upgrade: ${value}`, (key) =>
      httpHead(status, `Upgrade: ${value}`, connection, accept(key)),
    ),
  ),
  fails("WS_ERR_INVALID_UPGRADE", "two Upgrade headers", (key) =>
    httpHead(status, upgrade, upgrade, connection, accept(key)),
  ),
  fails("WS_ERR_INVALID_UPGRADE", "no Connection header", (key) =>
    httpHead(status, upgrade, accept(key)),
  ),
  fails("WS_ERR_INVALID_UPGRADE", "a Connection header without upgrade", (key) =>
    httpHead(status, upgrade, "Connection: close", accept(key)),
  ),
  ...["200 OK", "301 Moved Permanently", "401 Unauthorized", "404 Not Found", "500 Oh"].map(
    (answer) =>
      fails("WS_ERR_UNEXPECTED_RESPONSE", answer, (key) =>
        httpHead(`HTTP/1.1 ${answer}`, upgrade, connection, accept(key), "Content-Length: 0"),
      ),
  ),
  ...[
    "HTTP/1.1 99 Low",
    "HTTP/1.1 1010 High",
    "HTTP/1.1 1x1 Odd",
    "HTTP/1.1",
    "HTTP/2 101 New",
  ].map((line) =>
    fails("WS_ERR_INVALID_HTTP", line, (key) => httpHead(line, upgrade, connection, accept(key))),
  ),
  extra("WS_ERR_INVALID_SUBPROTOCOL", "one that was not offered", "Sec-WebSocket-Protocol: soap"),
  extra("WS_ERR_INVALID_SUBPROTOCOL", "in other case", "Sec-WebSocket-Protocol: Chat"),
  extra("WS_ERR_INVALID_SUBPROTOCOL", "two", "Sec-WebSocket-Protocol: chat, superchat"),
  extra("WS_ERR_INVALID_SUBPROTOCOL", "no token", "Sec-WebSocket-Protocol: a b"),
  extra("WS_ERR_INVALID_SUBPROTOCOL", "an empty one", "Sec-WebSocket-Protocol:"),
  extra(
    "WS_ERR_INVALID_SUBPROTOCOL",
    "two in two headers",
    "Sec-WebSocket-Protocol: chat",
    "Sec-WebSocket-Protocol: superchat",
  ),
  extra(
    "WS_ERR_INVALID_SUBPROTOCOL",
    "one twice",
    "Sec-WebSocket-Protocol: chat",
    "Sec-WebSocket-Protocol: chat",
  ),
  extra("WS_ERR_INVALID_EXTENSION", "not offered", "Sec-WebSocket-Extensions: x-unheard-of"),
  ...[
    "permessage-deflate",
    "x-unheard-of; a; b=2, x-other",
    "__proto__",
    "",
    ",",
    "x-unheard-of; a=",
    'x-unheard-of; a="b',
  ].map((value) =>
    extra("WS_ERR_INVALID_EXTENSION", JSON.stringify(value), `Sec-WebSocket-Extensions: ${value}`),
  ),
  extra("WS_ERR_INVALID_HTTP", "a line without a colon", "nonsense"),
  extra("WS_ERR_INVALID_HTTP", "a bare line feed", "X-Value: a\nX-Other: b"),
  extra("WS_ERR_INVALID_HTTP", "a bare carriage return", "X-Value: a\rX-Other: b"),
  extra("WS_ERR_INVALID_HTTP", "a folded line", "X-Folded: a", " b"),
  extra("WS_ERR_INVALID_HTTP", "a control character", "X-Control: a\u0001b"),
  fails("WS_ERR_INVALID_HTTP", "two accepts", (key) =>
    httpHead(status, upgrade, connection, accept(key), accept(key)),
  ),
  fails("WS_ERR_INVALID_HTTP", "line feeds only", (key) =>
    latin1(`${[status, upgrade, connection, accept(key)].join("\n")}\n\n`),
  ),
  fails("WS_ERR_INVALID_HTTP", "HTTP/1.0", (key) =>
    httpHead("HTTP/1.0 101 Switching Protocols", upgrade, connection, accept(key)),
  ),
  fails("WS_ERR_INVALID_HTTP", "garbage", () => latin1("SSH-2.0-OpenSSH_9.2\r\n\r\n")),
  fails("WS_ERR_INVALID_HTTP", "random bytes", () => Uint8Array.of(0x81, 0x05, 0, 1, 2, 3)),
  extra("WS_ERR_HTTP_HEAD_TOO_LARGE", "a head that is too large", `X-Long: ${"x".repeat(20_000)}`),
  fails("WS_ERR_HTTP_HEAD_TOO_LARGE", "a head of 16 KiB and one byte", (key) =>
    answerOfLength(key, 16_385),
  ),
  extra(
    "WS_ERR_HTTP_HEAD_TOO_LARGE",
    "101 header lines",
    ...Array.from({ length: 98 }, (_, i) => `X-${i}: ${i}`),
  ),
  fails("WS_ERR_HANDSHAKE_INCOMPLETE", "end before the answer", () => new Uint8Array(0)),
  fails("WS_ERR_HANDSHAKE_INCOMPLETE", "end in the middle of the answer", (key) =>
    upgradeAnswer(key).subarray(0, 60),
  ),
];

export const clientHandshakeCases: readonly ClientHandshakeCase[] = [...openCases, ...failingCases];
