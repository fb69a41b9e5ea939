import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type ClientSession,
  type Conversation,
  keyOf,
  sessionOn,
  startOnAll,
  stopAll,
} from "../src/client-driver.ts";
import { FrameWriter, utf8 } from "../src/frame-bytes.ts";
import { httpHead, upgradeAnswer, upgradeRequest } from "../src/opening-handshake.ts";
import { RawPeer } from "../src/raw-peer.ts";
import {
  type RuntimeName,
  runtimes,
  type ServerProcess,
  startEchoServer,
} from "../src/runtimes.ts";
import { openPeer } from "../src/server-driver.ts";
import { receivedLine } from "../src/transcript.ts";

/** In milliseconds: much less than the subjects' default timeouts. */
const handshakeFlags = ["--handshake-timeout", "500"];
const closeFlags = ["--close-timeout", "200"];

/** Less than a subject's default timeout of 5 seconds, in milliseconds. */
const patience = 4_000;

/**
 * Waits until a subject that has ended its direction also accepts no more bytes: it answers them
 * with a reset.
 */
async function gone(peer: RawPeer): Promise<void> {
  const refused = once(peer.socket, "error", { signal: AbortSignal.timeout(patience) });
  const timer = setInterval(() => peer.socket.write(Uint8Array.of(0)), 20);
  await refused.finally(() => clearInterval(timer));
}

describe.each(runtimes)("the echo server on $name and peers that take too long", (runtime) => {
  const write = new FrameWriter("client");
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startEchoServer(runtime, [...handshakeFlags, ...closeFlags]);
  });

  afterAll(() => server?.process.stop("SIGKILL"));

  test.concurrent.each([
    ["no request", new Uint8Array(0)],
    ["half a request", upgradeRequest().subarray(0, 50)],
  ])("%s is answered with 408", async (_, bytes) => {
    const peer = await RawPeer.connect(server.port);
    await peer.send(bytes);
    expect(await peer.takeHead()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    await peer.takeAll();
    expect(peer.inputEnd).toBe("end");
    peer.destroy();
  });

  test.concurrent("a peer that does not end TCP after it was refused", async () => {
    const peer = await RawPeer.connect(server.port);
    await peer.send(httpHead("GET / HTTP/1.1", "Host: 127.0.0.1"));
    expect(await peer.takeHead()).toMatch(/^HTTP\/1\.1 426 /);
    await gone(peer);
  });

  test.concurrent("a peer that does not end TCP after the closing handshake (section 7.1.1)", async () => {
    const peer = await openPeer(server.port);
    await peer.send(write.close(1000));
    expect(receivedLine(await peer.takeFrame())).toBe("unmasked close 1000");
    await peer.ended();
    await gone(peer);
  });

  test.concurrent("a peer that does not end TCP after a fault (section 7.1.7)", async () => {
    const peer = await openPeer(server.port);
    await peer.send(write.frame({ opcode: 0x3 }));
    expect(receivedLine(await peer.takeFrame())).toBe("unmasked close 1002");
    await peer.ended();
    await gone(peer);
  });

  test("a peer that does not answer a Close frame (section 7.1.1)", async () => {
    const peer = await openPeer(server.port);
    const exited = server.process.stop("SIGTERM");
    expect(receivedLine(await peer.takeFrame())).toBe("unmasked close 1001");
    expect((await peer.takeAll()).length).toBe(0);
    peer.destroy();
    expect(await exited).toBe(0);
    expect(server.process.standardError).toBe("");
  });
});

const write = new FrameWriter("server");

/** What delays the opening of a client's connection, and the client's error. */
const slowAnswers: readonly (readonly [string, readonly Uint8Array[], object])[] = [
  ["no answer", [], { code: "WS_ERR_HANDSHAKE_TIMEOUT" }],
  ["half an answer", [upgradeAnswer("").subarray(0, 60)], { code: "WS_ERR_HANDSHAKE_TIMEOUT" }],
  [
    "a refusal whose body does not end",
    [httpHead("HTTP/1.1 503 Busy", "Content-Length: 100"), utf8("busy")],
    { code: "WS_ERR_UNEXPECTED_RESPONSE", status: 503, body: "busy" },
  ],
];

describe("echo clients and servers that do not answer", () => {
  let sessions: ReadonlyMap<RuntimeName, ClientSession<void>>;

  beforeAll(async () => {
    const conversations = slowAnswers.map(
      ([, pieces]): Conversation<void> =>
        async (peer) => {
          await peer.send(...pieces);
          await peer.ended();
        },
    );
    sessions = await startOnAll(() => conversations, handshakeFlags);
  });

  afterAll(() => stopAll(sessions));

  describe.each(runtimes)("$name", (runtime) => {
    test.each(slowAnswers.map(([name, , error], index) => ({ name, error, index })))(
      "$name (section 4.1)",
      async ({ error, index }) => {
        const outcome = await sessionOn(sessions, runtime).outcome(index);
        expect(outcome.report.error).toMatchObject(error);
      },
    );
  });
});

/** What a server sends before it leaves TCP open, and what the client reports. */
const openEnds: readonly (readonly [string, Uint8Array, string, object])[] = [
  [
    "a server that does not end TCP after the closing handshake",
    write.close(1000),
    "masked close 1000",
    { statusCode: 1000, reason: "", wasClean: true },
  ],
  [
    "a server that does not end TCP after a fault",
    write.frame({ opcode: 0x3 }),
    "masked close 1002",
    { statusCode: 1002, wasClean: false },
  ],
  [
    "a server that does not answer a Close frame",
    write.pong(),
    "masked close 1000",
    { statusCode: 1006, reason: "", wasClean: false },
  ],
];

describe("echo clients and servers that do not end", () => {
  let sessions: ReadonlyMap<RuntimeName, ClientSession<string>>;

  beforeAll(async () => {
    const conversations = openEnds.map(
      ([, bytes]): Conversation<string> =>
        async (peer, request) => {
          await peer.send(upgradeAnswer(keyOf(request)), bytes, write.text("the only one"));
          let frame = receivedLine(await peer.takeFrame());
          if (frame.startsWith("masked text")) frame = receivedLine(await peer.takeFrame());
          await peer.ended();
          return frame;
        },
    );
    sessions = await startOnAll(() => conversations, [...closeFlags, "--messages", "1"]);
  });

  afterAll(() => stopAll(sessions));

  describe.each(runtimes)("$name", (runtime) => {
    test.each(openEnds.map(([name, , close, report], index) => ({ name, close, report, index })))(
      "$name (section 7.1.1)",
      async ({ close, report, index }) => {
        const outcome = await sessionOn(sessions, runtime).outcome(index);
        expect(outcome.result).toBe(close);
        expect(outcome.report).toMatchObject(report);
      },
    );

    test("nothing was reported as an error, and the process ended with 0", async () => {
      const { process } = sessionOn(sessions, runtime);
      expect(await process.exited).toBe(0);
      expect(process.standardError).toBe("");
    });
  });
});
