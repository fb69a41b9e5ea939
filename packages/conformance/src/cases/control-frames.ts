import { concat, utf8 } from "../frame-bytes.ts";
import { type ConnectionCase, patternBytes, pong, text } from "./connection-case.ts";

/** Pings and pongs (RFC 6455 sections 5.5.2 and 5.5.3). */
export const controlFrameCases: readonly ConnectionCase[] = [
  ...[0, 1, 124, 125].map(
    (length): ConnectionCase => ({
      name: `a ping of ${length} bytes is answered with the same payload`,
      section: "5.5.2",
      script: (write) => {
        const payload = patternBytes(length);
        return { exchanges: [{ send: [write.ping(payload)], receive: [pong(payload)] }] };
      },
    }),
  ),
  {
    name: "several pings are answered in their order",
    section: "5.5.2",
    script: (write) => {
      const payloads = Array.from({ length: 10 }, (_, i) => utf8(`ping ${i}`));
      return {
        exchanges: [
          {
            send: [Buffer.concat(payloads.map((payload) => write.ping(payload)))],
            receive: payloads.map(pong),
          },
        ],
      };
    },
  },
  {
    name: "a ping does not delay the messages around it",
    section: "5.5.2",
    script: (write) => ({
      exchanges: [
        { send: [write.text("before")], receive: [text("before")] },
        {
          send: [write.ping(utf8("p")), write.text("after")],
          receive: [pong(utf8("p")), text("after")],
        },
      ],
    }),
  },
  {
    name: "control frames around messages, all cut in the middle",
    section: "5.5",
    cut: [1, 3, 8, 20, 60, 100, 150, 180, 200],
    script: (write) => {
      const payload = patternBytes(125);
      return {
        exchanges: [
          {
            send: [
              concat(
                write.ping(payload),
                write.text("a message"),
                write.pong(utf8("unasked")),
                write.text("and the next"),
              ),
            ],
            receive: [pong(payload), text("a message"), text("and the next")],
          },
        ],
      };
    },
  },
  {
    name: "unsolicited pongs are ignored",
    section: "5.5.3",
    script: (write) => ({
      exchanges: [
        {
          send: [write.pong(), write.pong(patternBytes(125)), write.text("still here")],
          receive: [text("still here")],
        },
      ],
    }),
  },
];
