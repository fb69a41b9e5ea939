import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { patternBytes } from "../src/cases/connection-case.ts";
import { ClientSession, type Conversation, keyOf } from "../src/client-driver.ts";
import { concat, FrameWriter, opcodes, type Role } from "../src/frame-bytes.ts";
import { upgradeAnswer } from "../src/opening-handshake.ts";
import type { RawPeer } from "../src/raw-peer.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../src/runtimes.ts";
import { echoes, openPeer } from "../src/server-driver.ts";
import { receivedLine } from "../src/transcript.ts";

const messageLength = 65_536;
const messageCount = 128;

/** Returns the message with a number, different from all others. */
function message(number: number): Uint8Array {
  const payload = patternBytes(messageLength);
  new DataView(payload.buffer).setUint32(0, number);
  return payload;
}

/** Sends 8 MiB without reading. Runs `meanwhile` while the echoes are blocked. */
async function sendWithoutReading(
  peer: RawPeer,
  role: Role,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const write = new FrameWriter(role);
  peer.socket.pause();
  for (let number = 0; number < messageCount; number++) {
    await peer.send(write.binary(message(number)));
  }
  await meanwhile();
  peer.socket.resume();
}

/** Reads all echoes and describes the wrong ones. */
async function wrongEchoes(peer: RawPeer, subject: Role): Promise<string[]> {
  const wrong: string[] = [];
  const form = subject === "client" ? "masked" : "unmasked";
  for (let number = 0; number < messageCount; number++) {
    const frame = await peer.takeFrame();
    if (frame === undefined) return [...wrong, `TCP ended before echo ${number}`];
    const isRight =
      frame.opcode === opcodes.binary && Buffer.compare(frame.payload, message(number)) === 0;
    if (!isRight || !receivedLine(frame).startsWith(`${form} binary`)) {
      wrong.push(`echo ${number}: ${receivedLine(frame)}`);
    }
  }
  return wrong;
}

/** Number of Pings whose Pongs exceed the kernel's buffers if the peer does not read. */
const pingCount = 60_000;

/** Sends numbered Pings without reading, and describes faults in the Pongs that follow. */
async function wrongPongs(
  peer: RawPeer,
  role: Role,
  meanwhile: () => Promise<void>,
): Promise<string[]> {
  const write = new FrameWriter(role);
  const payload = new Uint8Array(125);
  peer.socket.pause();
  for (let start = 0; start < pingCount; start += 1_000) {
    const pings = Array.from({ length: 1_000 }, (_, i) => {
      new DataView(payload.buffer).setUint32(0, start + i);
      return write.ping(payload);
    });
    await peer.send(concat(...pings));
  }
  await meanwhile();
  peer.socket.resume();
  const form = role === "server" ? "masked pong 125" : "unmasked pong 125";
  for (let last = -1; last < pingCount - 1; ) {
    const frame = await peer.takeFrame();
    if (frame === undefined || !receivedLine(frame).startsWith(form)) return [receivedLine(frame)];
    const number = Buffer.from(frame.payload).readUInt32BE(0);
    // RFC 6455 section 5.5.3: Pongs may be omitted, but not the one for the latest Ping.
    if (number <= last) return [`the Pong for Ping ${number} came after that for ${last}`];
    last = number;
  }
  return [];
}

describe.each(runtimes)("the echo server on $name and peers that misbehave", (runtime) => {
  const write = new FrameWriter("client");
  let server: ServerProcess;
  let bystander: RawPeer;

  beforeAll(async () => {
    server = await startEchoServer(runtime);
    bystander = await openPeer(server.port);
  });

  afterAll(async () => {
    bystander?.destroy();
    await server?.process.stop("SIGKILL");
  });

  test("a peer that reads nothing while 8 MiB are echoed eventually gets every byte", async () => {
    const peer = await openPeer(server.port);
    await sendWithoutReading(peer, "client", async () => {
      for (let i = 0; i < 100; i++) expect(await echoes(bystander, `meanwhile ${i}`)).toBe(true);
    });
    expect(await wrongEchoes(peer, "server")).toEqual([]);
    await peer.send(write.close(1000));
    expect(await peer.takeFrame()).toMatchObject({ opcode: 8, payload: Buffer.of(0x03, 0xe8) });
    expect((await peer.takeAll()).length).toBe(0);
    expect(peer.inputEnd).toBe("end");
    peer.destroy();
  });

  test("a peer that reads nothing and sends pings gets the latest answered (section 5.5.3)", async () => {
    const peer = await openPeer(server.port);
    const wrong = await wrongPongs(peer, "client", async () => {
      expect(await echoes(bystander, "meanwhile")).toBe(true);
    });
    expect(wrong).toEqual([]);
    expect(await echoes(peer, "open as ever")).toBe(true);
    peer.destroy();
  });

  test("a peer that ends its direction without reading still gets its echoes", async () => {
    const peer = await openPeer(server.port);
    peer.socket.pause();
    await peer.send(Buffer.concat(Array(100).fill(write.text("echo me"))), write.close(1000));
    peer.end();
    expect(await echoes(bystander, "meanwhile")).toBe(true);
    peer.socket.resume();
    for (let i = 0; i < 100; i++) {
      expect(receivedLine(await peer.takeFrame())).toBe("unmasked text 7: 6563686f206d65");
    }
    expect(await peer.takeFrame()).toMatchObject({ opcode: 8, payload: Buffer.of(0x03, 0xe8) });
    peer.destroy();
  });

  test("resets at any time do not affect the others", async () => {
    const moments: readonly ((peer: RawPeer) => Promise<void>)[] = [
      async () => {},
      (peer) => peer.send(write.text("cut off").subarray(0, 1)),
      (peer) => peer.send(write.text("cut off").subarray(0, 4)),
      (peer) => peer.send(write.frame({ opcode: opcodes.text, fin: false })),
      (peer) => peer.send(write.binary(patternBytes(1_000_000)).subarray(0, 500_000)),
      (peer) => peer.send(write.binary(patternBytes(1_000_000))),
      (peer) => peer.send(write.frame({ opcode: 0xf })),
      (peer) => peer.send(write.close(1000)),
    ];
    for (const [index, act] of moments.entries()) {
      const peer = await openPeer(server.port);
      await act(peer);
      expect(await echoes(bystander, `before reset ${index}`)).toBe(true);
      peer.reset();
      expect(await echoes(bystander, `after reset ${index}`)).toBe(true);
    }
  });

  test("a peer that reads nothing and is reset does not affect the others", async () => {
    const peer = await openPeer(server.port);
    await sendWithoutReading(peer, "client", async () => {
      expect(await echoes(bystander, "meanwhile")).toBe(true);
      peer.reset();
    });
    expect(await echoes(bystander, "afterwards")).toBe(true);
  });

  test("200 connections at once", async () => {
    const peers = await Promise.all(Array.from({ length: 200 }, () => openPeer(server.port)));
    const results = await Promise.all(peers.map((peer, i) => echoes(peer, `peer ${i}`)));
    expect(results).toEqual(Array(200).fill(true));
    for (const peer of peers) peer.destroy();
    expect(await echoes(bystander, "still here")).toBe(true);
  });

  test("nothing was reported as an error, and the process is alive", () => {
    expect(server.process.standardError).toBe("");
    expect(server.process.isRunning).toBe(true);
  });
});

describe.each(runtimes)("the echo client on $name and servers that misbehave", (runtime) => {
  const write = new FrameWriter("server");
  let session: ClientSession<string[]>;

  beforeAll(async () => {
    const readsLate: Conversation<string[]> = async (peer, request) => {
      await peer.send(upgradeAnswer(keyOf(request)));
      await sendWithoutReading(peer, "server", async () => {});
      const wrong = await wrongEchoes(peer, "client");
      await peer.send(write.close(1000));
      await peer.takeFrame();
      return wrong;
    };
    const resetsWithoutReading: Conversation<string[]> = async (peer, request) => {
      await peer.send(upgradeAnswer(keyOf(request)));
      await sendWithoutReading(peer, "server", async () => peer.reset());
      return [];
    };
    const sendsPings: Conversation<string[]> = async (peer, request) => {
      await peer.send(upgradeAnswer(keyOf(request)));
      const wrong = await wrongPongs(peer, "server", async () => {});
      await peer.send(write.text("open as ever"));
      const echo = receivedLine(await peer.takeFrame());
      await peer.send(write.close(1000));
      await peer.takeFrame();
      return [...wrong, echo];
    };
    const conversations = [readsLate, sendsPings, resetsWithoutReading];
    session = await ClientSession.start(runtime, conversations, []);
  });

  afterAll(() => session?.stop());

  test("a server that reads nothing while 8 MiB are echoed eventually gets every byte", async () => {
    const { result, report } = await session.outcome(0);
    expect(result).toEqual([]);
    expect(report).toMatchObject({ statusCode: 1000, wasClean: true });
  });

  test("a server that reads nothing and sends pings gets the latest answered (section 5.5.3)", async () => {
    const { result, report } = await session.outcome(1);
    expect(result).toEqual(["masked text 12: 6f70656e2061732065766572"]);
    expect(report).toMatchObject({ statusCode: 1000, wasClean: true });
  });

  test("a server that reads nothing and resets", async () => {
    const { report } = await session.outcome(2);
    expect(report).toMatchObject({ statusCode: 1006, reason: "", wasClean: false });
    expect(await session.process.exited).toBe(0);
    expect(session.process.standardError).toBe("");
  });
});
