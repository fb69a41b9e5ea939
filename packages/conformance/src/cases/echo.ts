import { binary, type ConnectionCase, patternBytes, patternText, text } from "./connection-case.ts";

/** Lengths on both sides of each limit of the length forms, and the maximum message length. */
const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 1_048_576];

const multiByteTexts: Readonly<Record<string, string>> = {
  "two-byte characters": "κόσμε",
  "three-byte characters": "€ ‰ 漢字",
  "four-byte characters": "𝄞 😀 \u{10ffff}",
  "NUL and DEL": "\0\u007f",
  "a byte-order mark": "\ufeffmarked",
  "63 times two bytes": "é".repeat(63),
  "more than a TCP segment of three-byte characters": "漢".repeat(30_000),
};

/** Messages are echoed unchanged (RFC 6455 sections 5.2 and 5.6). */
export const echoCases: readonly ConnectionCase[] = [
  ...lengths.flatMap((length): ConnectionCase[] => [
    {
      name: `echoes ${length} bytes of text`,
      section: "5.2",
      script: (write) => {
        const content = patternText(length);
        return { exchanges: [{ send: [write.text(content)], receive: [text(content)] }] };
      },
    },
    {
      name: `echoes ${length} bytes of binary`,
      section: "5.2",
      script: (write) => {
        const payload = patternBytes(length);
        return { exchanges: [{ send: [write.binary(payload)], receive: [binary(payload)] }] };
      },
    },
  ]),
  ...Object.entries(multiByteTexts).map(
    ([name, content]): ConnectionCase => ({
      name: `echoes ${name}`,
      section: "5.6",
      script: (write) => ({
        exchanges: [{ send: [write.text(content)], receive: [text(content)] }],
      }),
    }),
  ),
  {
    name: "echoes many messages in one piece in order",
    section: "5.4",
    script: (write) => {
      const contents = Array.from({ length: 500 }, (_, i) => `message ${i}`);
      const send = [Buffer.concat(contents.map((content) => write.text(content)))];
      return { exchanges: [{ send, receive: contents.map(text) }] };
    },
  },
  {
    name: "echoes text and binary in turns",
    section: "5.6",
    script: (write) => ({
      exchanges: [
        {
          send: [write.text("a"), write.binary(Uint8Array.of(0xff)), write.text("")],
          receive: [text("a"), binary(Uint8Array.of(0xff)), text("")],
        },
        { send: [write.binary(new Uint8Array(0))], receive: [binary(new Uint8Array(0))] },
      ],
    }),
  },
];
