import {
  frameTypes,
  goawayFrame,
  headerBlock,
  headersFrame,
  http2Frame,
  numberFrame,
  pushPromiseFrame,
  settingsFrame,
} from "../http2-frames.ts";
import {
  announces,
  answers,
  bytes,
  floods,
  goaway,
  type HostileAct,
  incomplete,
  lost,
  many,
  notHttp,
  pushed,
  status,
  timeout,
} from "./act.ts";

/** Attacks before the opening handshake is answered. */
export const beforeResponse: HostileAct[] = [
  {
    name: "nothing",
    serve: (connection) => {
      connection.acknowledges = false;
    },
    outcome: timeout,
  },
  {
    name: "SETTINGS without extended CONNECT, and nothing over HTTP/1.1",
    serve: (connection, number) => number === 0 && connection.write(settingsFrame()),
    outcome: timeout,
  },
  { name: "SETTINGS, then nothing", serve: answers(), outcome: timeout },
  {
    name: "extended CONNECT announced and taken back",
    serve: answers(() => settingsFrame({ enableConnectProtocol: 0 })),
    outcome: [...timeout, ...incomplete],
  },
  {
    name: "no room for a stream",
    serve: (connection) =>
      connection.write(settingsFrame({ enableConnectProtocol: 1, maxConcurrentStreams: 0 })),
    outcome: timeout,
  },
  {
    name: "SETTINGS that are not valid",
    serve: (connection) => connection.write(settingsFrame({ initialWindowSize: 2 ** 32 - 1 })),
    outcome: [...timeout, ...lost, ...notHttp],
  },
  {
    name: "a flood of SETTINGS",
    serve: (connection) => connection.flood(() => many(announces)),
    outcome: [...timeout, ...lost],
  },
  {
    name: "a flood of PING whose answers are not read",
    serve: async (connection) => {
      connection.write(announces);
      await connection.stream();
      connection.tcp.pause();
      await connection.flood(() => many(http2Frame(frameTypes.ping, 0, 0, bytes(8))));
    },
    outcome: [...timeout, ...incomplete],
  },
  {
    name: "a flood of empty DATA",
    serve: floods((stream) => many(http2Frame(frameTypes.data, 0, stream))),
    outcome: [...timeout, ...incomplete],
  },
  {
    name: "a flood of an unknown frame",
    serve: floods((stream) => many(http2Frame(0xfe, 0, stream, bytes(100)))),
    outcome: [...timeout, ...incomplete],
  },
  {
    name: "a header block without end",
    serve: floods(
      (stream) => many(http2Frame(frameTypes.continuation, 0, stream, bytes(0))),
      (stream) => http2Frame(frameTypes.headers, 0, stream, headerBlock({ ":status": "200" })),
    ),
    outcome: [...timeout, ...incomplete],
    crashes: "node",
  },
  {
    name: "a header block of many headers without end",
    serve: floods(
      (stream) =>
        http2Frame(frameTypes.continuation, 0, stream, many(headerBlock({ "x-a": "a" }), 1_000)),
      (stream) => http2Frame(frameTypes.headers, 0, stream, headerBlock({ ":status": "200" })),
    ),
    outcome: [...timeout, ...incomplete],
    crashes: "node",
  },
  {
    name: "interim responses without end",
    serve: floods((stream) => many(status("103", { link: "</a>; rel=preload" })(stream), 100)),
    outcome: [...timeout, ...incomplete],
  },
  {
    name: "pushed streams without end",
    serve: async (connection) => {
      connection.write(announces);
      const stream = await connection.stream();
      let promised = 0;
      const push = () => {
        promised += 2;
        return Buffer.concat([
          pushPromiseFrame(stream, promised, pushed),
          headersFrame(promised, { ":status": "200" }),
        ]);
      };
      await connection.flood(() => Buffer.concat(Array.from({ length: 100 }, push)));
    },
    outcome: [...timeout, ...incomplete],
  },
  {
    name: "DATA before HEADERS",
    serve: answers((stream) => http2Frame(frameTypes.data, 0, stream, bytes(2))),
    outcome: [...timeout, ...incomplete],
  },
  {
    name: "a window that overflows",
    serve: answers((stream) => numberFrame(frameTypes.windowUpdate, stream, 2 ** 31 - 1)),
    outcome: [...timeout, ...incomplete],
  },
  {
    name: "a window of the connection that overflows",
    serve: answers(() => numberFrame(frameTypes.windowUpdate, 0, 2 ** 31 - 1)),
    outcome: [...timeout, ...incomplete],
  },
  {
    name: "a frame that is too long",
    serve: floods(
      () => bytes(65_536),
      () => Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]),
    ),
    outcome: [...timeout, ...incomplete],
  },
  ...[0, 1, 2, 7, 8, 11, 13, 255].map((code) => ({
    name: `RST_STREAM with ${code} instead of a response`,
    serve: answers((stream) => numberFrame(frameTypes.rstStream, stream, code)),
    outcome: [...timeout, ...incomplete],
  })),
  ...[0, 2, 11].flatMap((code): HostileAct[] => [
    {
      name: `GOAWAY with ${code} as the first frame`,
      serve: (connection) => connection.write(goawayFrame(0, code)),
      outcome: [...timeout, ...notHttp],
    },
    {
      name: `GOAWAY with ${code} after SETTINGS`,
      serve: (connection) => connection.write(announces, goawayFrame(0, code)),
      outcome: [...timeout, ...lost],
      crashes: "deno",
    },
    {
      name: `GOAWAY with ${code} instead of a response`,
      serve: answers(goaway(code)),
      outcome: [...timeout, ...incomplete],
    },
  ]),
  {
    name: "text of HTTP/1.1",
    serve: (connection) => connection.write(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")),
    outcome: ["WS_ERR_UNEXPECTED_RESPONSE"],
  },
  {
    name: "the end of TCP instead of a response",
    serve: async (connection) => {
      connection.write(announces);
      await connection.stream();
      connection.tcp.end();
    },
    outcome: incomplete,
  },
];
