import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AfterOurCloseCase, afterOurCloseCases } from "../src/cases/after-our-close.ts";
import { ClientSession, type Conversation, keyOf } from "../src/client-driver.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { upgradeAnswer } from "../src/opening-handshake.ts";
import type { RawPeer } from "../src/raw-peer.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../src/runtimes.ts";
import { openPeer } from "../src/server-driver.ts";
import { endLine, receivedLine } from "../src/transcript.ts";

/** Reads everything after a Close frame, which must be nothing but the end. */
async function takeEnd(peer: RawPeer): Promise<string[]> {
  const rest = await peer.takeAll();
  const end = peer.inputEnd === "end" ? endLine : "reset of TCP";
  return rest.length === 0 ? [end] : [`${rest.length} more bytes: ${rest.toString("hex")}`, end];
}

describe.each(runtimes)("the echo server on $name starts the closing handshake", (runtime) => {
  const write = new FrameWriter("client");
  const peers: RawPeer[] = [];
  let server: ServerProcess;
  let atOnce: RawPeer;
  let exited: Promise<number | string>;

  beforeAll(async () => {
    server = await startEchoServer(runtime);
    for (const _ of afterOurCloseCases) peers.push(await openPeer(server.port));
    atOnce = await openPeer(server.port);
    atOnce.socket.write(write.close(3000));
    exited = server.process.stop("SIGTERM");
  });

  afterAll(async () => {
    for (const peer of peers) peer.destroy();
    atOnce?.destroy();
    await server?.process.stop("SIGKILL");
  });

  for (const [index, testCase] of afterOurCloseCases.entries()) {
    test(`${testCase.name} (section ${testCase.section})`, async () => {
      const peer = peers[index];
      const close = receivedLine(await peer.takeFrame());
      await peer.send(testCase.send(write, 1001));
      if (testCase.ends === true) peer.end();
      expect([close, ...(await takeEnd(peer))]).toEqual(["unmasked close 1001", endLine]);
      peer.end();
    });
  }

  test("both sides at the same time: one Close frame each (section 7.1.3)", async () => {
    const close = receivedLine(await atOnce.takeFrame());
    // Whichever was received first.
    expect(["unmasked close 1001", "unmasked close 3000"]).toContain(close);
    expect(await takeEnd(atOnce)).toEqual([endLine]);
    atOnce.end();
  });

  test("nothing was reported as an error, and the process ended with 0", async () => {
    expect(await exited).toBe(0);
    expect(server.process.standardError).toBe("");
  });
});

/** Lets the client echo one message, after which it closes, and then plays a case. */
function conversation(testCase: AfterOurCloseCase): Conversation<string[]> {
  return async (peer, request) => {
    const write = new FrameWriter("server");
    await peer.send(upgradeAnswer(keyOf(request)), write.text("the only one"));
    await peer.takeFrame();
    const close = receivedLine(await peer.takeFrame());
    await peer.send(testCase.send(write, 1000));
    const { wasClean } = testCase.report(1000);
    if (wasClean) {
      await delay(5);
      // RFC 6455 section 7.1.1: the client waits for the server to end TCP.
      if (peer.inputEnd !== undefined) return [close, "the client ended TCP first"];
    }
    if (wasClean || testCase.ends === true) peer.end();
    return [close, ...(await takeEnd(peer))];
  };
}

describe.each(runtimes)("the echo client on $name starts the closing handshake", (runtime) => {
  let session: ClientSession<string[]>;

  beforeAll(async () => {
    const flags = ["--messages", "1"];
    session = await ClientSession.start(runtime, afterOurCloseCases.map(conversation), flags);
  });

  afterAll(() => session?.stop());

  for (const [index, { name, section, report }] of afterOurCloseCases.entries()) {
    test(`${name} (section ${section})`, async () => {
      const outcome = await session.outcome(index);
      expect(outcome.result).toEqual(["masked close 1000", endLine]);
      expect(outcome.report).toMatchObject(report(1000));
    });
  }

  test("nothing was reported as an error, and the process ended with 0", async () => {
    expect(await session.process.exited).toBe(0);
    expect(session.process.standardError).toBe("");
  });
});
