import type { Socket } from "node:net";
import { utf8 } from "../../src/frame-bytes.ts";
import { acceptFor, httpHead, upgradeAnswer } from "../../src/opening-handshake.ts";
import { type Behaviour, failing, tcpBelow, writeWithoutEnd } from "./hostile-server.ts";

export const timeout = "WS_ERR_HANDSHAKE_TIMEOUT";
const failed = "WS_ERR_CONNECT_FAILED";
const incomplete = "WS_ERR_HANDSHAKE_INCOMPLETE";
const tooLarge = "WS_ERR_HTTP_HEAD_TOO_LARGE";
const unexpected = "WS_ERR_UNEXPECTED_RESPONSE";

/** The events of a connection that opened and was lost. */
const lost = "open, error, close 1006";

const switching = "HTTP/1.1 101 Switching Protocols\r\n";
const unlimited = "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n";
const chunked = "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n";

/** Sends text once, then nothing. */
const says = (text: string) => (socket: Socket) => void socket.write(text);

/** Sends one byte now and then. */
const trickles = (socket: Socket, key: string) => {
  const bytes = upgradeAnswer(key);
  let sent = 0;
  const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 50);
  socket.once("close", () => clearInterval(timer));
};

/** Servers that stop talking at each step, or talk too slowly. */
export const mutes: readonly Behaviour[] = [
  { name: "says nothing", connected() {}, code: timeout },
  { name: "reads the request", asked() {}, code: timeout },
  { name: "stops in the status line", asked: says("HTTP/1.1 10"), code: timeout },
  { name: "stops in a header", asked: says(`${switching}Upgrade: web`), code: timeout },
  { name: "stops before the empty line", asked: says(`${switching}Upgrade: a\r\n`), code: timeout },
  { name: "sends byte by byte", asked: trickles, code: timeout },
  { name: "stops in a body", asked: says(unlimited), code: unexpected },
  { name: "stops in a chunk", asked: says(`${chunked}ff\r\nabc`), code: unexpected },
  {
    name: "stops once it is open",
    asked: (socket, key) => void socket.write(upgradeAnswer(key)),
    code: "open, 1006",
    events: lost,
  },
];

/** Those for which no client waits a second, as it does for a body. */
export const quickMutes = mutes.filter(({ code }) => code !== unexpected);

/** Sends a beginning, and then the same text without end. */
const endless = (name: string, start: string, text: string, code: string): Behaviour => ({
  name,
  asked(socket) {
    socket.write(start);
    const count = Math.ceil(16_384 / text.length);
    writeWithoutEnd(socket, utf8(text.repeat(count)));
  },
  code,
});
const bodyChunk = `400\r\n${"x".repeat(1_024)}\r\n`;

/** Servers that do not stop. */
export const endlessAnswers: readonly Behaviour[] = [
  endless("status line", "HTTP/1.1 101 ", "x", tooLarge),
  endless("empty lines", "", "\r\n", "WS_ERR_INVALID_HTTP"),
  endless("header line", `${switching}X: `, "x", tooLarge),
  endless("header lines", switching, "A: b\r\n", tooLarge),
  endless("interim responses", "", "HTTP/1.1 100 Continue\r\n\r\n", unexpected),
  endless("early hints", "", "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", unexpected),
  endless("body with a length", unlimited, "x", unexpected),
  endless("body without a length", "HTTP/1.1 404 No\r\n\r\n", "x", unexpected),
  endless("body in chunks", chunked, bodyChunk, unexpected),
  endless("size of a chunk", chunked, "0", unexpected),
  endless("trailers", `${chunked}0\r\n`, "A: b\r\n", unexpected),
  {
    name: "noise from the first byte",
    connected: (socket) => writeWithoutEnd(socket, new Uint8Array(16_384).fill(0xff)),
    code: tooLarge,
  },
];

/** Answers a request with a head. */
const answers = (name: string, code: string, ...lines: readonly string[]): Behaviour => ({
  name,
  asked: (socket, key) =>
    void socket.write(httpHead(...lines.map((line) => line.replace("KEY", acceptFor(key))))),
  code,
});
const right = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: KEY",
];
const without = (index: number) => right.filter((_, at) => at !== index);
const wrongAccept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** Servers whose answer is complete and wrong. */
export const wrongAnswers: readonly Behaviour[] = [
  answers("the accept of another key", "WS_ERR_INVALID_ACCEPT", ...without(3), wrongAccept),
  answers("no accept", "WS_ERR_INVALID_ACCEPT", ...without(3)),
  answers("two accepts", "WS_ERR_INVALID_HTTP", ...right, wrongAccept),
  answers("no upgrade", "WS_ERR_INVALID_UPGRADE", ...without(1)),
  answers("another upgrade", "WS_ERR_INVALID_UPGRADE", ...without(1), "Upgrade: h2c"),
  answers("no connection", "WS_ERR_INVALID_UPGRADE", ...without(2)),
  answers("a subprotocol", "WS_ERR_INVALID_SUBPROTOCOL", ...right, "Sec-WebSocket-Protocol: a"),
  answers("an extension", "WS_ERR_INVALID_EXTENSION", ...right, "Sec-WebSocket-Extensions: x-a"),
  answers("a redirect", unexpected, "HTTP/1.1 302 Found", "Location: /", "Content-Length: 0"),
  answers("HTTP/2", "WS_ERR_INVALID_HTTP", "HTTP/2 101 Switching Protocols", ...without(0)),
];

const finish = (socket: Socket) => void socket.end();
const reset = (socket: Socket) => void (tcpBelow.get(socket) ?? socket).resetAndDestroy();
const ways = [
  ["FIN", finish],
  ["RST", reset],
] as const;

/** Ends the connection after as many bytes of a valid answer, in one way or the other. */
export function cutAfter(length: number, answerLength: number): readonly Behaviour[] {
  const isWhole = length === answerLength;
  return ways.map(([way, end]) => ({
    name: `${way} after byte ${length}`,
    asked(socket: Socket, key: string) {
      socket.write(upgradeAnswer(key).subarray(0, length), () => end(socket));
    },
    code: isWhole ? "open, 1006" : incomplete,
    events: isWhole ? lost : failing,
  }));
}

/** Servers that end the connection at each stage. */
export const aborts: readonly Behaviour[] = ways.flatMap(([way, end]): Behaviour[] => [
  {
    name: `${way} at once`,
    connected: end,
    code: incomplete,
    // The runtime may notice the reset before it reports that the connection stands.
    otherCode: failed,
  },
  { name: `${way} after the request`, asked: end, code: incomplete },
  {
    name: `${way} in a body`,
    asked: (socket) => void socket.write(`${unlimited}abc`, () => end(socket)),
    code: unexpected,
  },
  {
    name: `${way} after a frame header`,
    asked: (socket, key) => {
      socket.write(Buffer.concat([upgradeAnswer(key), Uint8Array.of(0x82, 126)]), () =>
        end(socket),
      );
    },
    code: "open, 1006",
    events: lost,
  },
]);

/** The first bytes of a TLS record that is never complete (RFC 8446 section 5.1). */
const halfRecord = Uint8Array.of(0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3);
/** Ends once the client has sent its ClientHello. */
const afterHello = (end: (socket: Socket) => void) => (socket: Socket) =>
  void socket.once("data", () => end(socket));

/** Servers of TCP for clients of `wss:`. */
export const tlsFaults: readonly Behaviour[] = [
  { name: "says nothing", connected() {}, code: timeout },
  {
    name: "stops in a record",
    connected: afterHello((socket) => void socket.write(halfRecord)),
    code: timeout,
  },
  {
    name: "noise without end",
    connected: (socket) => writeWithoutEnd(socket, new Uint8Array(16_384).fill(0xff)),
    code: failed,
  },
  {
    name: "HTTP",
    connected: afterHello((socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")),
    code: failed,
  },
  ...ways.flatMap(([way, end]): Behaviour[] => [
    { name: `${way} at once`, connected: end, code: failed },
    { name: `${way} after ClientHello`, connected: afterHello(end), code: failed },
    {
      name: `${way} in a record`,
      connected: afterHello((socket) => void socket.write(halfRecord, () => end(socket))),
      code: failed,
    },
  ]),
];

/** Servers of TLS that say nothing or end after their handshake. */
export const afterTls: readonly Behaviour[] = [...quickMutes, ...aborts];
