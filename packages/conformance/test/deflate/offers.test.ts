import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DeflateOfferCase, deflateOfferCases } from "../../src/cases/deflate-offers.ts";
import { FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import { ReceivedHead, upgradeRequest } from "../../src/opening-handshake.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../../src/runtimes.ts";
import { echoes } from "../../src/server-driver.ts";
import { receivedLine } from "../../src/transcript.ts";

const write = new FrameWriter("client");

/**
 * Opens a connection and returns the response's `Sec-WebSocket-Extensions`, each as its sorted
 * parts.
 */
async function offer(port: number, offers: readonly string[]) {
  const peer = await RawPeer.connect(port);
  const lines = offers.map((value) => `Sec-WebSocket-Extensions: ${value}`);
  await peer.send(upgradeRequest(...lines));
  const head = new ReceivedHead((await peer.takeHead()) ?? "");
  expect(head.startLine).toMatch(/^HTTP\/1\.1 101 /);
  const answer = head.all("sec-websocket-extensions").map((value) => value.split("; ").sort());
  return { peer, answer };
}

/** Returns the answer to a frame with RSV1: an echo if compression is in use, otherwise a fault. */
async function answerToRsv1(peer: RawPeer): Promise<string> {
  const payload = Uint8Array.of(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00);
  await peer.send(write.frame({ opcode: opcodes.text, rsv: 4, payload }));
  const line = receivedLine(await peer.takeFrame());
  peer.destroy();
  return line;
}

const echo = "unmasked text 5: 48656c6c6f";
const fault = "unmasked close 1002";

/**
 * Returns the expected response, including parameters that the server adds because of its own
 * options.
 */
function expected({ answer }: DeflateOfferCase, ...always: readonly string[]): string[][] {
  if (answer === undefined) return [];
  return [["permessage-deflate", ...new Set([...answer, ...always])].sort()];
}

const settings = [
  {
    options: "without kept windows",
    flags: ["--deflate"],
    always: ["client_no_context_takeover"],
  },
  {
    options: "with kept windows",
    flags: ["--deflate", "--deflate-takeover", "--deflate-window-bits", "15"],
    always: [],
  },
  {
    options: "with windows, and no memory for them",
    flags: [
      "--deflate",
      "--deflate-takeover",
      "--deflate-window-bits",
      "15",
      "--deflate-max-memory",
      "0",
    ],
    always: ["client_no_context_takeover"],
  },
];

describe.each(settings)("offers of permessage-deflate, $options", ({ flags, always }) => {
  describe.each(runtimes)("to the echo server on $name", (runtime) => {
    let server: ServerProcess;

    beforeAll(async () => {
      server = await startEchoServer(runtime, flags);
    });

    afterAll(() => server?.process.stop("SIGKILL"));

    for (const testCase of deflateOfferCases) {
      test(`${testCase.name} (section ${testCase.section} of RFC 7692)`, async () => {
        const { peer, answer } = await offer(server.port, testCase.offers);
        expect(answer).toEqual(expected(testCase, ...always));
        expect(await echoes(peer, "plain")).toBe(true);
        expect(await answerToRsv1(peer)).toBe(testCase.answer === undefined ? fault : echo);
      });
    }

    test("a client that offers nothing gets no extension, and RSV1 is a fault", async () => {
      const { peer, answer } = await offer(server.port, []);
      expect(answer).toEqual([]);
      expect(await answerToRsv1(peer)).toBe(fault);
    });
  });
});

const deflate = "permessage-deflate";

describe.each(runtimes)("the echo server on $name with windows of 10 bits at most", (runtime) => {
  let server: ServerProcess;

  beforeAll(async () => {
    const flags = ["--deflate", "--deflate-takeover", "--deflate-window-bits", "10"];
    server = await startEchoServer(runtime, flags);
  });

  afterAll(() => server?.process.stop("SIGKILL"));

  test.each([
    [
      "the client's window is reduced",
      `${deflate}; client_max_window_bits`,
      "client_max_window_bits=10",
    ],
    [
      "the client's window is reduced",
      `${deflate}; client_max_window_bits=15`,
      "client_max_window_bits=10",
    ],
    [
      "the client's window is smaller",
      `${deflate}; client_max_window_bits=9`,
      "client_max_window_bits=9",
    ],
    [
      "its own window is smaller than requested",
      `${deflate}; server_max_window_bits=12`,
      "server_max_window_bits=10",
    ],
    [
      "its own window is as small as requested",
      `${deflate}; server_max_window_bits=9`,
      "server_max_window_bits=9",
    ],
  ])("%s: %s (section 7.1.2 of RFC 7692)", async (_what, value, parameter) => {
    const { peer, answer } = await offer(server.port, [value]);
    expect(answer).toEqual([[parameter, deflate].sort()]);
    peer.destroy();
  });

  test("a client that does not offer client_max_window_bits does not get it (section 7.1.2.2 of RFC 7692)", async () => {
    const { peer, answer } = await offer(server.port, [deflate]);
    expect(answer).toEqual([[deflate]]);
    peer.destroy();
  });
});

describe.each(runtimes)("the echo server on $name without compression", (runtime) => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startEchoServer(runtime);
  });

  afterAll(() => server?.process.stop("SIGKILL"));

  test("declines every offer, and treats RSV1 as a fault (section 5.2)", async () => {
    const { peer, answer } = await offer(server.port, [`${deflate}; client_max_window_bits`]);
    expect(answer).toEqual([]);
    expect(await answerToRsv1(peer)).toBe(fault);
  });
});
