import { concat, cut } from "../../packages/codec/test/bytes.ts";
import { type FrameToWrite, writeFrame } from "../../packages/codec/test/oracle/frame-writer.ts";
import type { Choices } from "./choices.ts";

/** No frame starts after this many bytes. Longer scripts take time and find nothing new. */
const maxWireLength = 20_000;

/** Payload lengths at which the RFC or an implementation changes behaviour. */
const lengths = [
  125, 126, 127, 128, 129, 130, 131, 132, 160, 200, 255, 256, 257, 258, 259, 260, 300, 400, 511,
  512, 513, 600, 700, 800, 999, 1000, 1001, 1024,
];
/** Further such lengths, used for few inputs because they take time. */
const largeLengths = [4096, 16_384, 65_535, 65_536];

/**
 * Makes the bytes that a receiver gets. These are the rest of the input, or frames made from it as
 * a script. Frames are masked and have lengths as the peer would write them, unless the script says
 * otherwise.
 */
export function readWire(
  choices: Choices,
  role: "client" | "server",
  scripted: boolean,
): Uint8Array {
  if (!scripted) return choices.rest();
  const frames: Uint8Array[] = [];
  let length = 0;
  while (choices.left > 0 && length < maxWireLength) {
    const frame = writeFrame(readFrameToWrite(choices, role));
    frames.push(frame);
    length += frame.length;
  }
  return concat(frames);
}

/** Cuts bytes into chunks of the given sizes, or larger ones to avoid thousands of chunks. */
export function cutWire(wire: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const least = wire.length >> 11;
  return cut(
    wire,
    sizes.map((size) => Math.max(size, least)),
  );
}

function readFrameToWrite(choices: Choices, role: "client" | "server"): FrameToWrite {
  const first = choices.byte();
  const shape = choices.byte();
  const frame: FrameToWrite = {
    fin: (first & 0x80) !== 0,
    rsv: first & 0x70,
    opcode: first & 0x0f,
    maskingKey: readMaskingKey(choices, shape & 3, role),
    payload: shape & 0x10 ? readLongPayload(choices) : choices.bytes(choices.byte()),
  };
  return { ...frame, ...readLengthForm(choices, frame, (shape >> 2) & 3, (shape & 0x20) !== 0) };
}

function readMaskingKey(
  choices: Choices,
  kind: number,
  role: "client" | "server",
): number[] | undefined {
  const masked = (role === "server") !== (kind === 3);
  if (!masked) return undefined;
  if (kind === 1) return [0, 0, 0, 0];
  if (kind === 2) return [choices.byte(), choices.byte(), choices.byte(), choices.byte()];
  return [0x37, 0xfa, 0x21, 0x3d];
}

/** Returns a payload that repeats a few bytes, with a different end. */
function readLongPayload(choices: Choices): Uint8Array {
  const kind = choices.byte();
  const length = kind < 0xf0 ? lengths[kind % lengths.length] : largeLengths[kind & 3];
  const sizes = choices.byte();
  const unit = choices.bytes(1 + (sizes & 7));
  const tail = choices.bytes(sizes >> 4);
  const payload = new Uint8Array(length);
  for (let at = 0; at < length && unit.length > 0; at++) payload[at] = unit[at % unit.length];
  payload.set(tail, length - tail.length);
  return payload;
}

function readLengthForm(
  choices: Choices,
  frame: FrameToWrite,
  form: number,
  declared: boolean,
): Partial<FrameToWrite> {
  const length = frame.payload?.length ?? 0;
  const declaredLength = declared
    ? choices.bytes(8).reduce((value, byte) => value * 256n + BigInt(byte), 0n)
    : BigInt(length);
  if (form === 3) return { declaredLength, lengthBits: 64 };
  if (form === 2) return { declaredLength: declaredLength & 0xffffn, lengthBits: 16 };
  return declared ? { declaredLength } : {};
}
