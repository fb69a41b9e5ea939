import { flags, frameTypes, headerBlock, headersFrame, http2Frame } from "../http2-frames.ts";
import {
  answers,
  bytes,
  floods,
  type HostileAct,
  incomplete,
  many,
  status,
  timeout,
} from "./act.ts";

/** Responses that do not open a WebSocket. */
export const refusals: HostileAct[] = [
  {
    name: "headers of 200,000 bytes",
    serve: answers((stream) => {
      const block = headerBlock({ ":status": "200", "x-large": "x".repeat(200_000) });
      const pieces = [];
      for (let at = 0; at < block.length; at += 16_384) {
        const isLast = at + 16_384 >= block.length;
        const type = at === 0 ? frameTypes.headers : frameTypes.continuation;
        const piece = block.subarray(at, at + 16_384);
        pieces.push(http2Frame(type, isLast ? flags.endHeaders : 0, stream, piece));
      }
      return Buffer.concat(pieces);
    }),
    outcome: [...timeout, ...incomplete],
  },
  ...["404", "999"].map((value) => ({
    name: `status ${value} without an end`,
    serve: answers(status(value)),
    outcome: ["WS_ERR_UNEXPECTED_RESPONSE"],
  })),
  ...["", "20", "2000", "abc", "101", "099"].map((value) => ({
    name: `status "${value}"`,
    serve: answers(status(value)),
    outcome: [...timeout, ...incomplete, "WS_ERR_UNEXPECTED_RESPONSE"],
  })),
  {
    name: "no status",
    serve: answers((stream) => headersFrame(stream, { "x-a": "b" })),
    outcome: [...timeout, ...incomplete, "WS_ERR_UNEXPECTED_RESPONSE"],
  },
  {
    name: "status 404 with a body without end",
    serve: floods((stream) => http2Frame(frameTypes.data, 0, stream, bytes(16_000)), status("404")),
    outcome: ["WS_ERR_UNEXPECTED_RESPONSE"],
  },
  {
    name: "status 404 with a body of empty DATA without end",
    serve: floods((stream) => many(http2Frame(frameTypes.data, 0, stream)), status("404")),
    outcome: ["WS_ERR_UNEXPECTED_RESPONSE"],
  },
  ...[
    ["permessage-deflate", "WS_ERR_INVALID_EXTENSION"],
    ["x-unknown", "WS_ERR_INVALID_EXTENSION"],
    ["=;", "WS_ERR_INVALID_EXTENSION"],
  ].map(([value, code]) => ({
    name: `an extension ${value}, with DATA`,
    serve: answers(status("200", { "sec-websocket-extensions": value }), (stream) =>
      http2Frame(frameTypes.data, 0, stream, bytes(10_000)),
    ),
    outcome: [code],
  })),
  {
    name: "a subprotocol that was not offered, with DATA",
    serve: answers(status("200", { "sec-websocket-protocol": "chat" }), (stream) =>
      http2Frame(frameTypes.data, 0, stream, bytes(10_000)),
    ),
    outcome: ["WS_ERR_INVALID_SUBPROTOCOL"],
  },
];
