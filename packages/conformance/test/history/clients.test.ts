import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificateFiles } from "../../src/certificates.ts";
import {
  type ClientReport,
  ClientSession,
  type Conversation,
  keyOf,
} from "../../src/client-driver.ts";
import { deflated } from "../../src/deflate-bytes.ts";
import { concat, FrameWriter, opcodes, utf8 } from "../../src/frame-bytes.ts";
import { httpHead, upgradeAnswer } from "../../src/opening-handshake.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("server");
const { binary } = opcodes;

/** What a server sends that did harm to another client. */
interface AnswerExploit {
  readonly name: string;
  answer(key: string): Uint8Array;
  /** What the echo client reports about the connection. */
  readonly report: Partial<ClientReport> | { readonly error: object };
}

/** Frames of a server after a valid opening handshake. */
const frames = (name: string, statusCode: number, ...sent: Uint8Array[]): AnswerExploit => ({
  name,
  answer: (key) => concat(upgradeAnswer(key), ...sent),
  report: { statusCode, wasClean: false },
});

/** A response with a header that is not valid, and a compressed message. */
const header = (name: string, code: string, line: string): AnswerExploit => ({
  name,
  answer: (key) =>
    concat(
      upgradeAnswer(key, line),
      write.frame({ opcode: binary, rsv: 4, payload: deflated(utf8("hello")) }),
    ),
  report: { error: expect.objectContaining({ code }) },
});

const mebibyteOfZeros = concat(
  deflated(new Uint8Array(1_048_576)),
  Uint8Array.of(0, 0, 0xff, 0xff),
);
const chunked = httpHead("HTTP/1.1 500 Oh", "Transfer-Encoding: chunked");

const answerExploits: readonly AnswerExploit[] = [
  frames(
    "CVE-2026-1528 of undici: a length of 2^64-1",
    1002,
    write.frame({ opcode: binary, declaredLength: 2n ** 64n - 1n }),
  ),
  frames(
    "CVE-2026-1528 of undici: a length of 2^63-1",
    1009,
    write.frame({ opcode: binary, declaredLength: 2n ** 63n - 1n }),
  ),
  {
    name: "CVE-2026-1526 of undici: 64 MiB in a frame of 64 KiB",
    answer: (key) =>
      concat(
        upgradeAnswer(key, "Sec-WebSocket-Extensions: permessage-deflate"),
        write.frame({
          opcode: binary,
          rsv: 4,
          payload: concat(...Array<Uint8Array>(64).fill(mebibyteOfZeros), Uint8Array.of(0)),
        }),
      ),
    report: { statusCode: 1009, wasClean: false },
  },
  ...["7", "16", "1000", "0", "-1", ""].map((bits) =>
    header(
      `CVE-2026-2229 of undici: server_max_window_bits=${bits}`,
      "WS_ERR_INVALID_EXTENSION",
      `Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=${bits}`,
    ),
  ),
  header(
    "CVE-2026-55517 of Deno: a subprotocol that is not ASCII",
    "WS_ERR_INVALID_SUBPROTOCOL",
    "Sec-WebSocket-Protocol: \x80\xff",
  ),
  header(
    "CVE-2026-55517 of Deno: an extension that is not ASCII",
    "WS_ERR_INVALID_EXTENSION",
    "Sec-WebSocket-Extensions: \x80\xff",
  ),
  {
    name: "CVE-2026-54465 of websocket-driver: a response with headers without end",
    answer: () => utf8(`HTTP/1.1 101 Switching Protocols\r\n${"a: b\r\n".repeat(3_000)}`),
    report: { error: expect.objectContaining({ code: "WS_ERR_HTTP_HEAD_TOO_LARGE" }) },
  },
  {
    name: "CVE-2024-22019 of Node: a chunk extension without end",
    answer: () => concat(chunked, utf8(`1;${"a".repeat(200_000)}`)),
    report: { error: { code: "WS_ERR_UNEXPECTED_RESPONSE", status: 500, bodyLength: 0 } },
  },
  {
    name: "CVE-2021-22960 of llhttp: blanks and an extension behind the length of a chunk",
    // The client ends the connection afterwards, so nothing can hide behind the body.
    answer: () => concat(chunked, utf8("2 \r\nxx\r\n0\r\n\r\n")),
    report: { error: { code: "WS_ERR_UNEXPECTED_RESPONSE", status: 500, bodyLength: 2 } },
  },
];

/** Sends the answer and leaves the end of TCP to the client, which need not read all. */
const conversation =
  ({ answer }: AnswerExploit): Conversation<void> =>
  async (peer, request) => {
    await peer.send(answer(keyOf(request)));
    await peer.ended();
  };

describe.each(runtimes)(
  "answers that did harm elsewhere, to the echo client on $name",
  (runtime) => {
    let session: ClientSession<void>;

    beforeAll(async () => {
      session = await ClientSession.start(runtime, answerExploits.map(conversation), ["--deflate"]);
    });

    afterAll(() => session?.stop());

    for (const [index, { name, report }] of answerExploits.entries()) {
      test(name, async () => {
        expect((await session.outcome(index)).report).toMatchObject(report);
      });
    }

    test("no error was printed, and the process ended with 0", async () => {
      expect(await session.process.exited).toBe(0);
      expect(session.process.standardError).toBe("");
    });

    test("CVE-2020-11050 of Java-WebSocket and CVE-2020-15133 of faye-websocket: a certificate for another name", async () => {
      const files = await makeCertificateFiles();
      const send: Conversation<void> = (peer, request) => peer.send(upgradeAnswer(keyOf(request)));
      // The certificate is for 127.0.0.1.
      const address = "127.0.0.2";
      const flags = ["--ca", files.caFile];
      const client = await ClientSession.start(runtime, [send], flags, files, address);
      try {
        const { error } = await client.report(0);
        expect(error?.code).toBe("WS_ERR_CONNECT_FAILED");
        expect(await client.process.exited).toBe(0);
      } finally {
        await client.stop();
        await files.remove();
      }
    });
  },
);
