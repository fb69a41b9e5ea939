import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inflated, json, KeptWindow, noise } from "../../src/deflate-bytes.ts";
import { FrameWriter, opcodes, type ReceivedFrame, utf8 } from "../../src/frame-bytes.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../../src/runtimes.ts";
import { opening } from "../../src/server-driver.ts";

const write = new FrameWriter("client");

/** Messages to be echoed. All but the noise are compressible. */
const contents: readonly (string | Uint8Array)[] = [
  json(2_000),
  json(2_000),
  "",
  "short",
  new Uint8Array(0),
  new Uint8Array(5_000),
  "Grüße, 世界 𝄞. ".repeat(300),
  json(70_000),
  json(1_000_000),
  noise(3_000),
  json(2_000),
];

const bytesOf = (content: string | Uint8Array) =>
  typeof content === "string" ? utf8(content) : content;

/** Sends each message uncompressed and returns the frames that come back. */
async function echoesOf(port: number, offer: string): Promise<ReceivedFrame[]> {
  const peer = await RawPeer.connect(port);
  const { send, answered } = opening(peer, `Sec-WebSocket-Extensions: ${offer}`);
  await peer.send(send);
  await answered();
  const frames: ReceivedFrame[] = [];
  for (const content of contents) {
    await peer.send(typeof content === "string" ? write.text(content) : write.binary(content));
    const frame = await peer.takeFrame();
    if (frame !== undefined) frames.push(frame);
  }
  peer.destroy();
  return frames;
}

/** Checks each frame's form and its decompressed content. Returns which of them were compressed. */
function checkEchoes(
  frames: readonly ReceivedFrame[],
  inflate: (payload: Uint8Array) => Uint8Array,
): boolean[] {
  expect(frames.length).toBe(contents.length);
  return frames.map((frame, index) => {
    const content = bytesOf(contents[index]);
    const opcode = typeof contents[index] === "string" ? opcodes.text : opcodes.binary;
    expect(frame).toMatchObject({ fin: true, opcode, isShortestForm: true });
    expect([0, 4]).toContain(frame.rsv);
    const payload = frame.rsv === 4 ? inflate(frame.payload) : frame.payload;
    expect(Buffer.compare(payload, content)).toBe(0);
    return frame.rsv === 4;
  });
}

const long = (content: string | Uint8Array, threshold: number) =>
  bytesOf(content).length >= threshold;

const isNoise = (index: number) => index === 9;

describe.each(runtimes)("what the echo server on $name sends compressed", (runtime) => {
  const servers: ServerProcess[] = [];
  const start = async (...flags: string[]) => {
    const server = await startEchoServer(runtime, ["--deflate", ...flags]);
    servers.push(server);
    return server.port;
  };
  let fresh: number;
  let keeping: number;
  let everything: number;
  let without: number;

  beforeAll(async () => {
    fresh = await start();
    keeping = await start("--deflate-takeover", "--deflate-window-bits", "15");
    everything = await start(
      "--deflate-takeover",
      "--deflate-window-bits",
      "15",
      "--deflate-threshold",
      "0",
    );
    without = await start(
      "--deflate-takeover",
      "--deflate-window-bits",
      "15",
      "--deflate-max-memory",
      "0",
    );
  });

  afterAll(async () => {
    for (const server of servers) await server.process.stop("SIGKILL");
  });

  test("each message separately, from 1,024 bytes on, if that makes it shorter (section 7.2.1 of RFC 7692)", async () => {
    const frames = await echoesOf(fresh, "permessage-deflate");
    const compressed = checkEchoes(frames, inflated);
    expect(compressed).toEqual(contents.map((content, i) => long(content, 1_024) && !isNoise(i)));
    expect(frames[0].payload).toEqual(frames[1].payload);
    expect(frames[0].payload.length).toBeLessThan(bytesOf(contents[0]).length / 2);
  });

  test("with one window, from 128 bytes on (section 7.2.1 of RFC 7692)", async () => {
    const frames = await echoesOf(keeping, "permessage-deflate");
    const window = new KeptWindow();
    expect(checkEchoes(frames, (payload) => window.inflate(payload))).toEqual(
      contents.map((content) => long(content, 128)),
    );
    expect(frames[1].payload.length).toBeLessThan(frames[0].payload.length / 5);
  });

  test("with a threshold of 0 every message, an empty one as one byte 0 (section 7.2.3.6 of RFC 7692)", async () => {
    const frames = await echoesOf(everything, "permessage-deflate");
    const window = new KeptWindow();
    const all = checkEchoes(frames, (payload) => window.inflate(payload));
    expect(all).toEqual(contents.map(() => true));
    expect([...frames[2].payload]).toEqual([0]);
  });

  test.each([9, 10, 12])(
    "with a window of %i bits, if requested (section 7.1.2.1 of RFC 7692)",
    async (windowBits) => {
      const offer = `permessage-deflate; server_max_window_bits=${windowBits}`;
      const window = new KeptWindow({ windowBits });
      const kept = checkEchoes(await echoesOf(keeping, offer), (payload) =>
        window.inflate(payload),
      );
      expect(kept).toContain(true);
      const single = checkEchoes(await echoesOf(fresh, offer), (payload) =>
        inflated(payload, { windowBits }),
      );
      expect(single).toContain(true);
    },
  );

  test("without a window, if requested (section 7.1.1.1 of RFC 7692)", async () => {
    const offer = "permessage-deflate; server_no_context_takeover";
    const frames = await echoesOf(keeping, offer);
    expect(checkEchoes(frames, inflated)).toContain(true);
    expect(frames[0].payload).toEqual(frames[1].payload);
  });

  test("without memory no message, but all are still echoed (section 6 of RFC 7692)", async () => {
    const frames = await echoesOf(without, "permessage-deflate");
    expect(checkEchoes(frames, inflated)).toEqual(contents.map(() => false));
  });

  test("never a control frame (section 6.1 of RFC 7692)", async () => {
    const peer = await RawPeer.connect(everything);
    const { send, answered } = opening(peer, "Sec-WebSocket-Extensions: permessage-deflate");
    await peer.send(send);
    await answered();
    await peer.send(write.ping(utf8("0".repeat(125))), write.close(1000, "0".repeat(100)));
    expect(await peer.takeFrame()).toMatchObject({ opcode: opcodes.pong, rsv: 0 });
    expect(await peer.takeFrame()).toMatchObject({ opcode: opcodes.close, rsv: 0 });
    peer.destroy();
  });
});
