import { deflateRawSync } from "node:zlib";
import { deflated, json, noise } from "../../src/deflate-bytes.ts";
import { concat, opcodes, utf8 } from "../../src/frame-bytes.ts";
import type { Attack, Setup } from "../instrument/attack.ts";
import { expectLinear } from "../instrument/doubling.ts";
import type { Scene } from "../instrument/scene.ts";
import { compressed, offerOfWindows, openCompressed, write } from "./compressed-frames.ts";

const group = "deflate";
const setup: Setup = { options: { compression: true } };

/** Sends tiny messages at full speed. */
async function tiny(scene: Scene): Promise<void> {
  const frame = compressed(deflated(utf8("a")));
  const frames = concat(...Array<Uint8Array>(2_000).fill(frame));
  let count = 0;
  await scene.times(3, async () => {
    const peer = await openCompressed(scene);
    peer.drop();
    count += await scene.during(scene.duration, () => peer.write(frames));
  });
  scene.note("messages", count * 2_000);
}

/** Cuts a compressed message after each byte: as a whole message, as fragments, as segments. */
async function cut(scene: Scene): Promise<void> {
  const content = utf8(json(300));
  const payload = deflated(content);
  const whole = compressed(payload, true, opcodes.text);
  await scene.times(payload.length, async (at) => {
    // Cut off: wrong, or by chance the compressed form of something shorter.
    const broken = await openCompressed(scene);
    await broken.send(concat(compressed(payload.subarray(0, at)), write.ping()));
    await broken.takeFrame();
    broken.destroy();
    // In two fragments.
    const fragments = await openCompressed(scene);
    await fragments.send(compressed(payload.subarray(0, at), false, opcodes.text));
    await fragments.send(
      write.frame({ opcode: opcodes.continuation, payload: payload.subarray(at) }),
    );
    const echo = await fragments.takeFrame();
    scene.expect(`cut after ${at} bytes, opcode of the echo`, echo?.opcode, opcodes.text);
    fragments.destroy();
    // The connection ends there.
    const cutOff = await openCompressed(scene);
    await cutOff.send(whole.subarray(0, whole.length - payload.length + at));
    cutOff.reset();
  });
}

/** A block with BFINAL, which ends a DEFLATE stream (RFC 7692 section 7.2.3.4). */
const final = deflateRawSync(utf8("a"));
const restartsOf = (count: number) =>
  compressed(concat(Buffer.alloc(count * final.length, final), Uint8Array.of(0)));

/** Each restart costs more than its bytes. Up to 256 of them are accepted in a message. */
async function restarts(scene: Scene): Promise<void> {
  const tooMany = restartsOf(scene.size(100_000, 10_000));
  await scene.times(scene.size(30, 8), async () => {
    const peer = await openCompressed(scene);
    await peer.send(concat(tooMany, write.ping()));
    if (scene.isOurs) scene.expect("too many restarts", await peer.takeCloseCode(), 1007);
    else await peer.takeFrame();
    peer.destroy();
  });
  const many = concat(...Array<Uint8Array>(20).fill(restartsOf(250)));
  let count = 0;
  await scene.times(5, async () => {
    const peer = await openCompressed(scene);
    peer.drop();
    count += await scene.during(scene.duration, () => peer.write(many));
  });
  scene.note("restarts", count * 20 * 250);
}

/** Sends a compressed message in fragments of one byte. */
async function tinyFragments(scene: Scene): Promise<void> {
  await expectLinear(scene, "fragments of 1 byte", scene.size(100_000, 20_000), async (size) => {
    const peer = await openCompressed(scene);
    const payload = deflated(noise(size));
    const frames: Uint8Array[] = [];
    for (const [index, byte] of payload.entries()) {
      const piece = Uint8Array.of(byte);
      const isLast = index === payload.length - 1;
      frames.push(
        index === 0
          ? compressed(piece, false)
          : write.frame({ opcode: opcodes.continuation, fin: isLast, payload: piece }),
      );
    }
    await peer.write(Buffer.concat(frames));
    scene.expect("the opcode of the echo", (await peer.takeFrame())?.opcode, opcodes.binary);
    peer.destroy();
  });
}

/** Offers of permessage-deflate (RFC 7692 section 7.1) of a length in bytes. */
const offers: Readonly<Record<string, string>> = {
  "offers that are refused": "permessage-deflate; server_max_window_bits=8; a=1, ",
  "offers with parameters twice":
    "permessage-deflate; client_max_window_bits; client_max_window_bits, ",
  "offers of others": "a; b; c=1, ",
};

async function manyOffers(scene: Scene): Promise<void> {
  for (const [name, one] of Object.entries(offers)) {
    await expectLinear(scene, name, 7_500, async (size) => {
      const line = `Sec-WebSocket-Extensions: ${one.repeat(size / one.length)}permessage-deflate`;
      await scene.times(scene.size(50, 10), async () => {
        const peer = await scene.open({}, line);
        peer.destroy();
      });
    });
  }
}

/** Windows filled by one message, and messages that copy from them without end. */
async function fromWindow(scene: Scene): Promise<void> {
  const frames = concat(
    ...Array<Uint8Array>(50).fill(compressed(deflated(utf8(json(30_000))), true, opcodes.text)),
  );
  await scene.times(10, async () => {
    const peer = await openCompressed(scene, offerOfWindows);
    peer.drop();
    await scene.during(scene.duration, () => peer.write(frames));
  });
}

/** Compressed messages of every size, and streams that are wrong. */
export const compressedStreams: readonly Attack[] = [
  {
    name: "tiny compressed messages",
    group,
    about: "three connections send compressed messages of one byte at full speed",
    setup,
    thresholds: { memory: 96 },
    run: tiny,
  },
  {
    name: "streams cut at each byte",
    group,
    about: "a compressed message is cut at each byte: cut off, in two fragments, by a reset",
    setup,
    thresholds: { memory: 64 },
    run: cut,
  },
  {
    name: "a compressed message of tiny fragments",
    group,
    about:
      "a compressed message of 100 and of 200 KB in fragments of 1 byte; CPU time must be linear",
    setup,
    thresholds: { memory: 128 },
    run: tinyFragments,
  },
  {
    name: "offers without end",
    group,
    about: "handshakes with 7.5 and 15 KB of offers of compression; CPU time must be linear",
    setup,
    thresholds: { memory: 96 },
    run: manyOffers,
  },
  {
    name: "BFINAL restarts",
    group,
    about:
      "messages in which a DEFLATE stream ends and begins again 100,000 times, and floods of 250 times",
    setup,
    thresholds: { memory: 192 },
    run: restarts,
  },
  {
    name: "compressed text without reading pauses",
    group,
    about: "ten connections send compressed JSON of 30 KB at full speed and get the echo",
    setup,
    thresholds: { memory: 192 },
    run: fromWindow,
  },
];
