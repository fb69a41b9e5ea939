import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { honestDuring, printFigures } from "../../src/attack/honest-connections.ts";
import { until } from "../../src/attack/until.ts";
import { deflated, inflated, noise } from "../../src/deflate-bytes.ts";
import { concat, FrameWriter, opcodes, type ReceivedFrame } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";
import { receivedLine } from "../../src/transcript.ts";

const write = new FrameWriter("client");
const offer =
  "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover";
const mebibyte = 1_048_576;
/** RSV1 marks a compressed message (RFC 7692 section 6). */
const rsv1 = 4;

const text = (frame: ReceivedFrame | undefined) => Buffer.from(frame?.payload ?? []).toString();
/** Returns a message that decompresses to this many zeros. For 16 MiB it has about 16 KiB. */
const bomb = (length: number) => deflated(new Uint8Array(length));

/**
 * Sends frames and a Ping. Returns the first frame that comes back: the Pong, once the others were
 * read.
 */
async function sendAndSettle(peer: RawPeer, ...frames: Uint8Array[]): Promise<string> {
  await peer.send(concat(...frames, write.ping()));
  return receivedLine(await peer.takeFrame());
}

describe.each(runtimes)(
  "compressed messages that are much longer than their payloads on $name",
  (runtime) => {
    let server: AttackedServer;

    beforeAll(async () => {
      server = await AttackedServer.start(runtime, "measuring", { compression: true });
    });

    afterAll(() => server?.stop());

    test("complete ones, 12 per second from one connection, leave time for the others", async () => {
      // Each is slightly shorter than the previous one, so that the answers show the order.
      const lengths = Array.from({ length: 36 }, (_, number) => 16 * mebibyte - number);
      const frames = lengths.map((length) =>
        write.frame({ opcode: opcodes.binary, rsv: rsv1, payload: bomb(length) }),
      );
      const attacker = await server.open({}, offer);
      await server.state();
      const answers: string[] = [];
      const figures = await honestDuring(server, async () => {
        for (let second = 0; second < 3; second++) {
          await attacker.send(concat(...frames.slice(second * 12, second * 12 + 12)));
          await delay(1_000);
        }
        for (const _ of lengths) answers.push(text(await attacker.takeFrame()));
      });
      const { timerDelay } = await server.state();
      printFigures(`${runtime.name}, inflating 12 x 16 MiB per second`, figures);
      console.log(`${runtime.name}, inflating: a timer was ${timerDelay.toFixed(0)} ms late`);
      attacker.destroy();
      expect(answers).toEqual(lengths.map(String));
      expect(figures.failures).toEqual([]);
      expect(server.process.standardError).toBe("");
    });

    test("after a truncated message, others are still inflated", async () => {
      const attacker = await server.open({}, offer);
      const payload = bomb(16 * mebibyte).subarray(0, 8_000);
      await sendAndSettle(
        attacker,
        write.frame({ opcode: opcodes.binary, fin: false, rsv: rsv1, payload }),
      );
      attacker.reset();
      expect(await echoed(server)).toBe("hello");
      await until(
        () => server.state(),
        ({ clients }) => clients === 0,
      );
    });
  },
);

/** Returns the echo of a short compressed message. */
async function echoed(server: AttackedServer): Promise<string> {
  const peer = await server.open({}, offer);
  const payload = deflated(Buffer.from("hello"));
  await peer.send(write.frame({ opcode: opcodes.text, rsv: rsv1, payload }));
  const frame = await peer.takeFrame();
  peer.destroy();
  return frame?.rsv === rsv1 ? Buffer.from(inflated(frame.payload)).toString() : text(frame);
}

describe.each(runtimes)("long incompressible messages on $name", (runtime) => {
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "echo", { compression: true });
  });

  afterAll(() => server?.stop());

  test("deflating echoes of 8 MiB leaves time for others and keeps the order", async () => {
    // Longer than the window, so that the repetition is not compressible.
    const piece = noise(mebibyte);
    const contents = Array.from({ length: 4 }, (_, number) => {
      const content = Buffer.concat(Array<Uint8Array>(8).fill(piece));
      content.writeUInt32BE(number);
      return [content, Buffer.from(`after ${number}`)];
    }).flat();
    // Do everything slow before or after the other connections are observed.
    const frames = concat(
      ...contents.map((content, index) =>
        index % 2 === 0 ? write.binary(content) : write.text(content.toString()),
      ),
    );
    const attacker = await server.open({}, offer);
    await server.state();
    const received: (ReceivedFrame | undefined)[] = [];
    const figures = await honestDuring(server, async () => {
      await attacker.send(frames);
      for (const _ of contents) received.push(await attacker.takeFrame());
    });
    const wrong = contents.filter((content, index) => !isContent(received[index], content)).length;
    const { timerDelay } = await server.state();
    printFigures(`${runtime.name}, deflating 4 x 8 MiB`, figures);
    console.log(`${runtime.name}, deflating: a timer was ${timerDelay.toFixed(0)} ms late`);
    attacker.destroy();
    expect(wrong).toBe(0);
    expect(figures.failures).toEqual([]);
    expect(server.process.standardError).toBe("");
  });
});

function isContent(frame: ReceivedFrame | undefined, content: Uint8Array): boolean {
  if (frame === undefined) return false;
  const payload = frame.rsv === rsv1 ? inflated(frame.payload) : frame.payload;
  return Buffer.compare(payload, content) === 0;
}
