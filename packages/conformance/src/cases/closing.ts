import { opcodes, utf8 } from "../frame-bytes.ts";
import { type ConnectionCase, pong, text } from "./connection-case.ts";

/** The limits of each range of status codes allowed in a Close frame (RFC 6455 section 7.4). */
const statusCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];

const reasons: Readonly<Record<string, string>> = {
  "a reason": "done",
  "a reason with every length of character": "aé€𝄞",
  "the longest reason": "x".repeat(123),
};

/** The closing handshake, started by the peer (RFC 6455 sections 5.5.1 and 7.1). */
export const closingCases: readonly ConnectionCase[] = [
  ...statusCodes.map(
    (statusCode): ConnectionCase => ({
      name: `${statusCode} is answered with ${statusCode}`,
      section: "7.4",
      script: (write) => ({
        exchanges: [],
        ending: { how: "closed", send: [write.close(statusCode)], statusCode, reason: "" },
      }),
    }),
  ),
  ...Object.entries(reasons).map(
    ([name, reason]): ConnectionCase => ({
      name: `${name} is understood`,
      section: "7.1.6",
      script: (write) => ({
        exchanges: [],
        ending: { how: "closed", send: [write.close(3000, reason)], statusCode: 3000, reason },
      }),
    }),
  ),
  {
    name: "a Close frame without a status code is answered without one",
    section: "7.1.5",
    script: (write) => ({
      exchanges: [],
      ending: { how: "closed", send: [write.close()], statusCode: undefined, reason: "" },
    }),
  },
  {
    name: "a message in one piece with the Close frame is still answered",
    section: "7.1.2",
    // The echo client reads messages one by one and receives the Close frame before it can answer.
    subject: "server",
    script: (write) => ({
      exchanges: [],
      ending: {
        how: "closed",
        send: [Buffer.concat([write.text("last words"), write.close(1000, "bye")])],
        receive: [text("last words")],
        statusCode: 1000,
        reason: "bye",
      },
    }),
  },
  {
    name: "a ping in one piece with the Close frame is still answered",
    section: "5.5.2",
    script: (write) => ({
      exchanges: [],
      ending: {
        how: "closed",
        send: [Buffer.concat([write.ping(utf8("last ping")), write.close(1000)])],
        receive: [pong(utf8("last ping"))],
        statusCode: 1000,
        reason: "",
      },
    }),
  },
  {
    name: "what follows the Close frame is ignored",
    section: "5.5.1",
    script: (write) => ({
      exchanges: [],
      ending: {
        how: "closed",
        send: [
          Buffer.concat([
            write.close(1000),
            write.text("too late"),
            write.ping(),
            write.close(3001),
          ]),
        ],
        statusCode: 1000,
        reason: "",
      },
    }),
  },
  {
    name: "a fault after the Close frame is ignored",
    section: "5.5.1",
    script: (write) => ({
      exchanges: [],
      ending: {
        how: "closed",
        send: [Buffer.concat([write.close(4000), write.frame({ opcode: 0xf, rsv: 7 })])],
        statusCode: 4000,
        reason: "",
      },
    }),
  },
  {
    name: "TCP ends without a Close frame",
    section: "7.1.5",
    script: (write) => ({
      exchanges: [{ send: [write.text("hello")], receive: [text("hello")] }],
      ending: { how: "cut off", send: [], by: "end" },
    }),
  },
  {
    name: "TCP ends in the middle of a frame",
    section: "7.1.5",
    script: (write) => ({
      exchanges: [],
      ending: { how: "cut off", send: [write.text("cut off here").subarray(0, 9)], by: "end" },
    }),
  },
  {
    name: "TCP ends in the middle of a message",
    section: "7.1.5",
    script: (write) => ({
      exchanges: [],
      ending: {
        how: "cut off",
        send: [write.frame({ opcode: opcodes.text, fin: false, payload: utf8("half") })],
        by: "end",
      },
    }),
  },
  {
    name: "TCP is reset in the middle of a message",
    section: "7.1.5",
    script: (write) => ({
      exchanges: [{ send: [write.text("hello")], receive: [text("hello")] }],
      ending: {
        how: "cut off",
        send: [write.frame({ opcode: opcodes.binary, declaredLength: 1_000_000n })],
        by: "reset",
      },
    }),
  },
];
