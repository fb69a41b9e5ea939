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

/** A message of its own for each number. */
function message(number: number): Uint8Array {
  const payload = patternBytes(messageLength);
  new DataView(payload.buffer).setUint32(0, number);
  return payload;
}

/** Sends 8 MiB without reading; `meanwhile` runs while the echoes have nowhere to go. */
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

/** Takes all echoes; says which are not what was sent. */
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

/** So many Pings that their Pongs are more than the kernel holds for a peer that does not read. */
const pingCount = 60_000;

/** Sends Pings with numbers without reading; says what is wrong with the Pongs that come then. */
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
    // RFC 6455 section 5.5.3: some may be passed over, but not the latest.
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

  test("a peer that reads nothing while 8 MiB are echoed to it gets every byte in the end", async () => {
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

  test("a peer that ends its direction without reading gets its echoes all the same", async () => {
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

  test("resets at every moment leave the others alone", async () => {
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

  test("a peer that reads nothing and is reset leaves the others alone", async () => {
    const peer = await openPeer(server.port);
    await sendWithoutReading(peer, "client", async () => {
      expect(await echoes(bystander, "meanwhile")).toBe(true);
      peer.reset();
    });
    expect(await echoes(bystander, "afterwards")).toBe(true);
  });

  test("a crowd of connections at once", async () => {
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

  test("a server that reads nothing while 8 MiB are echoed to it gets every byte in the end", async () => {
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
