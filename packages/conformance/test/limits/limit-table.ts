import { deflated } from "../../src/deflate-bytes.ts";
import { concat, FrameWriter, opcodes, utf8 } from "../../src/frame-bytes.ts";
import * as handshake from "./handshake-crossings.ts";
import type { LimitCase } from "./limit-case.ts";
import * as socket from "./socket-crossings.ts";

const write = new FrameWriter("client");
const mebibyte = 1_048_576;

const twice = (event: string) => [event, event];

/** What tells clients apart, and two of them. */
const clientKeys = [
  { by: "by address", options: {}, one: { from: "127.0.0.2" }, other: { from: "127.0.0.3" } },
  {
    by: "by a header",
    options: { clientHeader: "x-client" },
    one: { lines: ["X-Client: one"] },
    other: { lines: ["X-Client: two"] },
  },
];

/** Limits on opening handshakes and on the number of connections. */
const handshakes: readonly LimitCase[] = [
  {
    name: "maxConnections: one connection more, and one after another has ended",
    options: { maxConnections: 2 },
    cross: handshake.fills(1),
    wire: ["503, Retry-After", "101"],
    events: ["refused WS_ERR_TOO_MANY_CONNECTIONS 503", "close 1000 clean"],
  },
  {
    name: "maxConnections of a route: other routes are not affected",
    options: { routes: { "/small": { maxConnections: 2 }, "/*": {} } },
    cross: handshake.fills(2, { target: "/small" }, { target: "/other" }),
    wire: ["503, Retry-After", "101", "101"],
    events: ["refused WS_ERR_TOO_MANY_CONNECTIONS 503", "close 1000 clean"],
  },
  {
    name: "maxPendingHandshakes: the oldest give way, answered up to as many, then not at all",
    options: { maxPendingHandshakes: 2, handshakeTimeout: 2_000 },
    cross: handshake.saysNothing(2),
    wire: ["503, Retry-After", "503, Retry-After", "cut off", "408", "408", "101"],
    events: [
      ...twice("refused WS_ERR_TOO_MANY_HANDSHAKES 503"),
      ...twice("refused WS_ERR_HANDSHAKE_TIMEOUT 408"),
    ],
  },
  ...clientKeys.flatMap(({ by, options, one, other }): LimitCase[] => [
    {
      name: `perClient.connections: ${by}`,
      options: { perClient: { connections: 2 }, ...options },
      cross: handshake.fills(2, one, other),
      wire: ["429, Retry-After", "101", "101"],
      events: ["refused WS_ERR_CLIENT_CONNECTIONS 429", "close 1000 clean"],
    },
    {
      name: `perClient.handshakesPerMinute: ${by}, also after connections have ended`,
      options: { perClient: { handshakesPerMinute: 2 }, ...options },
      cross: handshake.fills(2, one, other),
      wire: ["429, Retry-After", "101", "429, Retry-After"],
      events: [...twice("refused WS_ERR_CLIENT_HANDSHAKES 429"), "close 1000 clean"],
    },
  ]),
  {
    name: "request: a head of more than 16 KiB",
    options: {},
    cross: handshake.asks({ lines: [`X-Long: ${"a".repeat(16_384)}`] }),
    wire: ["431"],
    events: ["refused WS_ERR_HTTP_HEAD_TOO_LARGE 431"],
  },
  {
    name: "request: a head of more than 100 lines",
    options: {},
    cross: handshake.asks({ lines: Array<string>(96).fill("X-Line: a") }),
    wire: ["431"],
    events: ["refused WS_ERR_HTTP_HEAD_TOO_LARGE 431"],
  },
  {
    name: "origins: another page",
    options: { origins: ["https://example.com"] },
    cross: handshake.asks({ lines: ["Origin: https://example.net"] }),
    wire: ["403"],
    events: ["refused WS_ERR_ORIGIN_NOT_ALLOWED 403"],
  },
  {
    name: "routes: a path without a route",
    options: { routes: { "/": {} } },
    cross: handshake.asks({ target: "/elsewhere" }),
    wire: ["404"],
    events: ["refused WS_ERR_NO_ROUTE 404"],
  },
  {
    name: "routes: malformed percent-encoding",
    options: { routes: { "/*": {} } },
    cross: handshake.asks({ target: "/%zz" }),
    wire: ["400"],
    events: ["refused WS_ERR_INVALID_HTTP 400"],
  },
  {
    name: "accept: 64 KiB sent while it decides are kept",
    options: {},
    cross: handshake.sendsWhileUndecided(65_536, 500),
    wire: ["101", "text 65528"],
    events: [],
  },
  {
    name: "accept: more than 64 KiB sent while it decides",
    options: {},
    cross: handshake.sendsWhileUndecided(65_537, 100_000),
    wire: ["cut off"],
    events: ["aborted", "refused WS_ERR_HANDSHAKE_INCOMPLETE 0"],
  },
  ...(["end", "reset"] as const).map(
    (leave): LimitCase => ({
      name: `accept: a client that leaves by ${leave} while it decides`,
      options: {},
      cross: handshake.leaves((peer) => peer[leave]()),
      wire: ["cut off"],
      events: ["aborted", "refused WS_ERR_HANDSHAKE_INCOMPLETE 0"],
    }),
  ),
  ...["", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"].map(
    (sent): LimitCase => ({
      name: `handshakeTimeout: ${sent === "" ? "no request" : "half a request"}`,
      options: { handshakeTimeout: 800 },
      cross: handshake.sendsOnly(utf8(sent)),
      wire: ["408"],
      events: ["refused WS_ERR_HANDSHAKE_TIMEOUT 408"],
    }),
  ),
  {
    name: "handshakeTimeout: accept does not decide",
    options: { handshakeTimeout: 800 },
    cross: handshake.asks({ target: "/?wait=100000" }),
    wire: ["408"],
    events: ["aborted", "refused WS_ERR_HANDSHAKE_TIMEOUT 408"],
  },
];

/** Limits on what a peer sends. */
const receiving: readonly LimitCase[] = [
  {
    name: "maxMessageSize: a longer frame, by its header alone",
    options: { maxMessageSize: 1_000 },
    cross: socket.sends(write.frame({ opcode: opcodes.binary, declaredLength: 1_001n })),
    wire: ["close 1009", "end"],
    events: ["close 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
  },
  {
    name: "maxMessageSize: fragments that are longer together",
    options: { maxMessageSize: 1_000 },
    cross: socket.sends(
      concat(
        write.frame({ opcode: opcodes.binary, fin: false, payload: new Uint8Array(999) }),
        write.frame({ opcode: opcodes.continuation, payload: new Uint8Array(2) }),
      ),
    ),
    wire: ["close 1009", "end"],
    events: ["close 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
  },
  {
    name: "maxMessageSize: a message that is longer when it is decompressed",
    options: { maxMessageSize: 10_000, compression: true },
    cross: socket.sends(
      write.frame({ opcode: opcodes.binary, rsv: 4, payload: deflated(new Uint8Array(mebibyte)) }),
      { lines: ["Sec-WebSocket-Extensions: permessage-deflate"] },
    ),
    wire: ["close 1009", "end"],
    events: ["close 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
  },
  {
    name: "maxFragments: one fragment more",
    options: { maxFragments: 3 },
    cross: socket.sends(
      concat(
        write.frame({ opcode: opcodes.binary, fin: false }),
        ...Array<Uint8Array>(3).fill(write.frame({ opcode: opcodes.continuation, fin: false })),
      ),
    ),
    wire: ["close 1008", "end"],
    events: ["close 1008 WS_ERR_TOO_MANY_BUFFERED_PARTS"],
  },
  {
    name: "maxReceiveMemory: an incomplete message that needs more",
    options: { maxReceiveMemory: 100_000 },
    cross: socket.sends(
      write.frame({ opcode: opcodes.binary, fin: false, payload: new Uint8Array(200_000) }),
    ),
    wire: ["close 1013", "end"],
    events: ["close 1013 WS_ERR_RECEIVE_MEMORY"],
  },
  {
    name: "messageRate: more messages wait, and none is lost",
    options: { routes: { "/slow": { messageRate: { perSecond: 50, burst: 5 } }, "/*": {} } },
    cross: socket.sendsAtOnce(40, { target: "/slow" }),
    wire: ["all in order"],
    events: [],
    exceedsRate: true,
  },
  {
    name: "messageRate: TCP holds back a peer that sends much more",
    options: {
      routes: { "/slow": { messageRate: { perSecond: 1 } }, "/*": {} },
      closeTimeout: 300,
    },
    cross: socket.floods(256, { target: "/slow" }),
    wire: ["held back"],
    events: [],
    exceedsRate: true,
  },
  {
    name: 'messageRate: one message more, exceeded "close"',
    options: {
      routes: {
        "/strict": { messageRate: { perSecond: 1, burst: 3, exceeded: "close" } },
        "/*": {},
      },
    },
    cross: socket.sends(concat(...Array<Uint8Array>(5).fill(write.text("hi"))), {
      target: "/strict",
    }),
    wire: ["text hi", "close 1008", "end"],
    events: ["close 1008 clean"],
    exceedsRate: true,
  },
  {
    name: "maxTopicsPerSocket: one topic more, not caught by the handler",
    options: { maxTopicsPerSocket: 3 },
    cross: socket.sends(concat(write.text("!subscribe 3"), write.text("!subscribe 4"))),
    wire: ["text subscribed to 3", "close 1011", "end"],
    events: ["error WS_ERR_TOO_MANY_TOPICS", "close 1011 clean"],
  },
  {
    name: "maxTopicsPerSocket: one topic more, caught by the handler",
    options: { maxTopicsPerSocket: 3 },
    cross: socket.exchanges(concat(write.text("!try-subscribe 4"), write.text("still here")), 2),
    wire: ["text RangeError WS_ERR_TOO_MANY_TOPICS with 3 topics", "text still here"],
    events: [],
  },
  {
    name: "topic: more than 1,024 characters",
    options: {},
    cross: socket.sends(concat(write.text("!topic 1024"), write.text("!topic 1025"))),
    wire: ["text subscribed to 1", "close 1011", "end"],
    events: ["error WS_ERR_INVALID_ARGUMENT", "close 1011 clean"],
  },
];

/** Limits on what waits for peers. */
const sending: readonly LimitCase[] = [
  ...["send", "broadcast", "publish"].flatMap((action): LimitCase[] => [
    {
      name: `maxBufferedAmount: ${action} to a peer that does not read`,
      options: { maxBufferedAmount: mebibyte },
      cross: socket.doesNotRead(action, 200),
      wire: ["cut off"],
      events: ["close 1006 WS_ERR_PEER_TOO_SLOW"],
    },
    {
      name: `maxBufferedAmount: ${action} to a peer that does not read, whenFull "drop"`,
      options: { maxBufferedAmount: mebibyte, whenFull: "drop" },
      cross: socket.readsLate(action, 200),
      wire: ["received or dropped", "pong", "text later", "close 4000", "end"],
      events: ["dropped", "close 4000 clean"],
    },
  ]),
  {
    name: "broadcast with maxBufferedAmount: passes over a peer that does not read",
    options: {},
    cross: socket.readsLate("broadcast-if-free", 200),
    wire: ["received or dropped", "pong", "text later", "close 4000", "end"],
    events: ["dropped", "close 4000 clean"],
  },
  {
    name: "maxTotalBufferedAmount: of several peers that do not read, the slowest goes",
    options: { maxTotalBufferedAmount: 18 * mebibyte, maxBufferedAmount: 32 * mebibyte },
    cross: socket.fillsSendMemory([320, 160, 160]),
    wire: ["cut off", "binary, close 4000, end", "binary, close 4000, end"],
    events: ["close 1006 WS_ERR_SEND_MEMORY", "close 4000 clean", "close 4000 clean"],
  },
  {
    name: "compression.maxMemory: without memory, messages are sent uncompressed",
    options: { compression: { maxMemory: 0 } },
    cross: socket.exchanges(write.text("a".repeat(4_096)), 1, {
      lines: ["Sec-WebSocket-Extensions: permessage-deflate"],
    }),
    wire: ["text 4096"],
    events: [],
  },
];

/** In milliseconds. The timeout is long for a busy machine. */
const beat = { interval: 300, timeout: 1_000 };

/** Limits on time. */
const life: readonly LimitCase[] = [
  {
    name: "heartbeat: a peer that never answers",
    options: { heartbeat: beat },
    cross: socket.listens({}, { pongs: false }),
    wire: ["ping", "cut off"],
    events: ["close 1006 WS_ERR_HEARTBEAT_TIMEOUT"],
  },
  {
    name: "heartbeat: a peer that reads nothing, so that no Ping can be written",
    options: { heartbeat: beat },
    cross: socket.doesNotRead("send", 200),
    wire: ["cut off"],
    events: ["close 1006 WS_ERR_HEARTBEAT_TIMEOUT"],
  },
  {
    name: "heartbeat: a peer that answers stays",
    options: { heartbeat: beat },
    cross: socket.answersPings(6),
    wire: [...Array<string>(6).fill("ping"), "text still here"],
    events: [],
  },
  {
    name: "heartbeat: a peer that only sends a long message slowly stays",
    options: { heartbeat: beat },
    cross: socket.sendsSlowly(15, 100),
    wire: ["text 15000"],
    events: [],
  },
  {
    name: "heartbeat: a paused socket does not end its peer",
    options: { heartbeat: beat },
    cross: socket.waitsWhilePaused(2_000, 0),
    wire: ["close 4000", "end"],
    events: ["close 4000 clean"],
  },
  {
    name: "heartbeat: a paused socket that reads no further does not end its peer",
    options: { heartbeat: beat },
    cross: socket.waitsWhilePaused(2_000, 20),
    wire: ["text 65536", "close 4000", "end"],
    events: ["close 4000 clean"],
  },
  {
    name: "idleTimeout: a peer that sends nothing",
    options: { idleTimeout: 800 },
    cross: socket.listens(),
    wire: ["close 1001", "end"],
    events: ["close 1001 clean"],
  },
  {
    name: "idleTimeout: a peer that sends only Pings",
    options: { idleTimeout: 800 },
    cross: socket.pingsUntilClosed(),
    wire: ["close 1001", "end"],
    events: ["close 1001 clean"],
  },
  {
    name: "maxLifetime: connections that were opened together end at different times",
    options: {
      routes: { "/short": { maxLifetime: 6_000, heartbeat: { interval: 400 } }, "/*": {} },
    },
    cross: socket.openTogether(16, { target: "/short" }),
    wire: ["close 1012", "at different times"],
    events: Array<string>(16).fill("close 1012 clean"),
  },
  {
    name: "closeTimeout: a peer that never answers the Close frame",
    options: { closeTimeout: 300 },
    cross: socket.sends(write.text("!close 4000"), {}, { closes: false }),
    wire: ["close 4000", "cut off"],
    events: ["close 1006"],
  },
];

/** All limits of a server. */
export const limitCases: readonly LimitCase[] = [...life, ...sending, ...receiving, ...handshakes];
