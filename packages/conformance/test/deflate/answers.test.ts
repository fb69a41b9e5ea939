import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowsOn } from "../../../../test-depth.ts";
import { ClientSession, type Conversation, keyOf } from "../../src/client-driver.ts";
import { FrameWriter } from "../../src/frame-bytes.ts";
import { upgradeAnswer } from "../../src/opening-handshake.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("server");
const deflate = "permessage-deflate";
const serverNo = "server_no_context_takeover";
const clientNo = "client_no_context_takeover";

/** Answers with these extensions, one per line. Returns what was offered. */
function conversation(answers: readonly string[]): Conversation<string[]> {
  return async (peer, request) => {
    const lines = answers.map((answer) => `Sec-WebSocket-Extensions: ${answer}`);
    await peer.send(upgradeAnswer(keyOf(request), ...lines), write.close(1000));
    peer.end();
    await peer.ended();
    return request.all("sec-websocket-extensions");
  };
}

interface Client {
  readonly options: string;
  readonly flags: readonly string[];
  readonly offer: string;
  /** Answers that open the connection; "" is none. */
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

/** Answers that are invalid for any offer (RFC 7692 section 7). */
const alwaysBad = [
  `${deflate}; ${serverNo}; ${clientNo}; ${serverNo}`,
  `${deflate}; ${serverNo}; ${clientNo}; x_unheard_of`,
  `${deflate}; ${serverNo}=true; ${clientNo}`,
  `${deflate}; ${serverNo}; ${clientNo}=1`,
  `${deflate}; ${serverNo}; server_max_window_bits`,
  `${deflate}; ${serverNo}; client_max_window_bits`,
  ...["7", "16", "08", "+9", "ten"].flatMap((value) => [
    `${deflate}; ${serverNo}; server_max_window_bits=${value}`,
    `${deflate}; ${serverNo}; client_max_window_bits=${value}`,
  ]),
  `${deflate}; ${serverNo}; server_max_window_bits=9; server_max_window_bits=9`,
  `${deflate}; ${serverNo}, ${deflate}; ${serverNo}`,
  "permessage-bzip2",
  "PERMESSAGE-DEFLATE",
];

const clients: readonly Client[] = [
  {
    options: "no windows, and servers that still keep one",
    flags: ["--deflate"],
    offer: `${deflate}; client_max_window_bits; ${serverNo}; ${clientNo}`,
    good: [
      deflate,
      `${deflate}; ${clientNo}`,
      `${deflate}; server_max_window_bits=9`,
      `${deflate}; ${clientNo}; client_max_window_bits=9`,
    ],
    bad: alwaysBad,
  },
  {
    options: "windows of 12 bits, and servers that ignore them",
    flags: ["--deflate", "--deflate-takeover", "--deflate-window-bits", "12"],
    offer: `${deflate}; client_max_window_bits=12; server_max_window_bits=12`,
    good: [
      deflate,
      `${deflate}; client_max_window_bits=12`,
      `${deflate}; server_max_window_bits=13`,
      `${deflate}; ${serverNo}; ${clientNo}`,
    ],
    // Parameters that restrict the client's sending must be as offered.
    bad: [`${deflate}; server_max_window_bits=12; client_max_window_bits=13`, ...alwaysBad],
  },
  {
    options: "no windows, strict",
    flags: ["--deflate", "--deflate-strict"],
    offer: `${deflate}; client_max_window_bits; ${serverNo}; ${clientNo}`,
    good: [
      "",
      `${deflate}; ${serverNo}`,
      `${deflate}; ${serverNo}; ${clientNo}`,
      `${deflate}; ${clientNo}; ${serverNo}; server_max_window_bits=8; client_max_window_bits=8`,
      `${deflate}; ${serverNo}; server_max_window_bits=15; client_max_window_bits=15`,
    ],
    bad: [deflate, `${deflate}; ${clientNo}`, ...alwaysBad],
  },
  {
    options: "windows",
    flags: ["--deflate", "--deflate-takeover", "--deflate-window-bits", "15"],
    offer: `${deflate}; client_max_window_bits`,
    good: [
      "",
      deflate,
      `${deflate}; ${serverNo}`,
      `${deflate}; ${clientNo}; client_max_window_bits=9`,
      `${deflate}; server_max_window_bits=9`,
    ],
    bad: alwaysBad,
  },
  {
    options: "default windows, strict",
    flags: ["--deflate", "--deflate-takeover", "--deflate-strict"],
    offer: `${deflate}; client_max_window_bits=12; server_max_window_bits=12`,
    good: ["", `${deflate}; server_max_window_bits=12`],
    bad: [deflate],
  },
  {
    options: "windows of 12 bits, strict",
    flags: ["--deflate", "--deflate-takeover", "--deflate-window-bits", "12", "--deflate-strict"],
    offer: `${deflate}; client_max_window_bits=12; server_max_window_bits=12`,
    good: [
      "",
      `${deflate}; server_max_window_bits=12`,
      `${deflate}; server_max_window_bits=9; client_max_window_bits=12`,
    ],
    bad: [
      deflate,
      `${deflate}; client_max_window_bits=12`,
      `${deflate}; server_max_window_bits=13`,
      `${deflate}; server_max_window_bits=12; client_max_window_bits=13`,
      ...alwaysBad,
    ],
  },
  {
    options: "windows but no memory",
    flags: [
      "--deflate",
      "--deflate-takeover",
      "--deflate-window-bits",
      "15",
      "--deflate-max-memory",
      "0",
    ],
    offer: `${deflate}; client_max_window_bits; ${serverNo}; ${clientNo}`,
    good: ["", `${deflate}; ${serverNo}`],
    bad: [deflate],
  },
  {
    options: "no compression",
    flags: [],
    offer: "",
    good: [""],
    bad: [deflate],
  },
];

/** Returns the values of the header, one per line. */
const lines = (value: string) => (value === "" ? [] : [value]);

describe.each(clients)("answers to the echo client with $options", (client) => {
  describe.each(runtimes)("on $name", (runtime) => {
    let session: ClientSession<string[]>;
    const { offer, flags } = client;
    const good = rowsOn(runtime.name, client.good);
    const bad = rowsOn(runtime.name, client.bad);

    beforeAll(async () => {
      const conversations = [...good, ...bad].map((answer) => conversation(lines(answer)));
      session = await ClientSession.start(runtime, conversations, flags);
    });

    afterAll(() => session?.stop());

    test("the offer (section 7.1 of RFC 7692)", async () => {
      for (const index of good.keys()) {
        expect((await session.outcome(index)).result).toEqual(lines(offer));
      }
    });

    for (const [index, answer] of good.entries()) {
      test(`opens: '${answer}' (section 7.1 of RFC 7692)`, async () => {
        const { report } = await session.outcome(index);
        expect(report).toMatchObject({ extensions: answer, statusCode: 1000, wasClean: true });
      });
    }

    for (const [index, answer] of bad.entries()) {
      test(`fails: '${answer}' (section 7 of RFC 7692)`, async () => {
        const { error } = await session.report(good.length + index);
        expect(error?.code).toBe("WS_ERR_INVALID_EXTENSION");
        expect(error?.message).toMatch(/^[\x20-\x7e]+$/);
      });
    }
  });
});
