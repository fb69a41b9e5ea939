import { frameTypes, goawayFrame, headersFrame, http2Frame, numberFrame } from "../http2-frames.ts";
import {
  announces,
  answers,
  bytes,
  floods,
  goaway,
  type HostileAct,
  incomplete,
  many,
  status,
} from "./act.ts";

/** Attacks on an open WebSocket. */
export const afterResponse: HostileAct[] = [
  {
    name: "a response that ends the stream",
    serve: answers((stream) => headersFrame(stream, { ":status": "200" }, true)),
    outcome: ["open"],
  },
  {
    name: "trailers",
    serve: answers(status("200"), (stream) => headersFrame(stream, { "x-a": "b" }, true)),
    outcome: ["open"],
  },
  {
    name: "headers in the middle",
    serve: answers(status("200"), (stream) => headersFrame(stream, { "x-a": "b" })),
    outcome: ["open"],
  },
  {
    name: "a second response",
    serve: answers(status("200"), status("200")),
    outcome: ["open"],
  },
  { name: "silence", serve: answers(status("200")), outcome: ["open"] },
  ...[0, 2, 7, 8, 11].map((code) => ({
    name: `RST_STREAM with ${code} after the response`,
    serve: answers(status("200"), (stream) => numberFrame(frameTypes.rstStream, stream, code)),
    outcome: ["open", ...incomplete],
  })),
  ...[0, 2, 11].map((code) => ({
    name: `GOAWAY with ${code} after the response`,
    serve: answers(status("200"), goaway(code)),
    outcome: ["open", ...incomplete],
  })),
  {
    name: "GOAWAY that leaves out the open stream",
    serve: answers(status("200"), () => goawayFrame(0, 0)),
    outcome: ["open", ...incomplete],
  },
  {
    name: "a flood of SETTINGS after the response",
    serve: floods(() => many(announces), status("200")),
    outcome: ["open"],
  },
  {
    name: "a flood of PING after the response",
    serve: floods(() => many(http2Frame(frameTypes.ping, 0, 0, bytes(8))), status("200")),
    outcome: ["open"],
  },
  {
    name: "a flood of empty DATA after the response",
    serve: floods((stream) => many(http2Frame(frameTypes.data, 0, stream)), status("200")),
    outcome: ["open"],
  },
  {
    name: "a window that overflows after the response",
    serve: answers(status("200"), (stream) =>
      numberFrame(frameTypes.windowUpdate, stream, 2 ** 31 - 1),
    ),
    outcome: ["open", ...incomplete],
  },
  {
    name: "DATA beyond the window",
    serve: floods((stream) => http2Frame(frameTypes.data, 0, stream, bytes(16_000)), status("200")),
    outcome: ["open"],
    closes: [1002, 1006],
  },
];
