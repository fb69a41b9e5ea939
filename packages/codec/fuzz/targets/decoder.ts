import { DecodeStep, FrameDecoder } from "../../src/frame/decoder.ts";
import { hex } from "../../test/bytes.ts";
import { Choices } from "../input/choices.ts";
import { readReceiverChoices } from "../input/receiver-options.ts";
import { cutWire, readWire } from "../input/wire.ts";
import { check, checkSame } from "../reference/check.ts";
import { type Reading, type ReceiverOptions, readAll } from "../reference/receiver.ts";

export { frameDictionary as dictionary } from "../input/dictionaries.ts";

/** How a decoder is driven. */
const Manner = {
  /** Each chunk is used up before the next. */
  Patient: 0,
  /** After its first step a chunk is given back. */
  Retaining: 1,
  /** The next chunk comes after one step. */
  Hurried: 2,
} as const;
type Manner = (typeof Manner)[keyof typeof Manner];

/** What is unread is copied with each chunk that comes on top of it. */
const mostUnread = 2000;

/** What came out: whole frames, then the payload of one that is not whole, then the fault. */
class Outcome {
  readonly frames: string[] = [];
  error = "";
  payload = "";
  length = 0;

  toString(): string {
    return [...this.frames, `partial ${this.payload}`, `error ${this.error}`].join("\n");
  }
}

/** The decoder takes any bytes, in any pieces, as the reference reader takes them whole. */
export function fuzz(data: Uint8Array): void {
  const choices = new Choices(data);
  const { options, scripted, chunkSizes } = readReceiverChoices(choices);
  const manner = (choices.byte() % 3) as Manner;
  const wire = readWire(choices, options.role, scripted);

  const whole = decode(options, [wire.slice()], Manner.Patient);
  const reading = readAll(wire, options);
  checkSame(
    whole.toString(),
    expected(reading, whole.error),
    "the decoder and the reference differ",
  );
  check(
    reading.faults.length === 0 ? whole.error === "" : reading.faults.includes(whole.error),
    `fault ${whole.error || "none"}, but broken are ${reading.faults.join(", ") || "none"}`,
  );
  const pieces = decode(options, cutWire(wire, chunkSizes), manner);
  checkSame(pieces.toString(), whole.toString(), "chunks change what is decoded");
}

function expected(reading: Reading, error: string): string {
  const outcome = new Outcome();
  for (const { fin, rsv1, opcode, payload } of reading.frames) {
    outcome.frames.push(`${fin} ${rsv1} ${opcode} ${hex(payload)}`);
  }
  outcome.payload = hex(reading.partial?.payload ?? []);
  outcome.error = error;
  return outcome.toString();
}

function decode(options: ReceiverOptions, chunks: Uint8Array[], manner: Manner): Outcome {
  const decoder = new FrameDecoder(options);
  const outcome = new Outcome();
  for (const chunk of chunks) {
    decoder.push(chunk);
    if (manner !== Manner.Patient && !takeStep(decoder, outcome)) continue;
    if (manner === Manner.Hurried && decoder.unread < mostUnread) continue;
    if (manner === Manner.Retaining) {
      decoder.retain();
      chunk.fill(0xee);
    }
    takeSteps(decoder, outcome);
    // Given back: what is kept of it must have been copied.
    chunk.fill(0xee);
  }
  takeSteps(decoder, outcome);
  check(decoder.unread === 0, "bytes are left that no step has looked at");
  return outcome;
}

/** Every step takes a byte at least, but for the end of a frame that has none, and the last one. */
function takeSteps(decoder: FrameDecoder, outcome: Outcome): void {
  const most = decoder.unread + 2;
  for (let steps = 0; takeStep(decoder, outcome); steps++) {
    check(steps <= most, "the decoder takes more steps than it has bytes");
  }
}

/** @returns false when the decoder has come to the end of its bytes, or has failed. */
function takeStep(decoder: FrameDecoder, outcome: Outcome): boolean {
  const step = decoder.next();
  if (step === DecodeStep.NeedData) return false;
  if (step === DecodeStep.Failed) {
    check(decoder.error !== undefined, "failed without an error");
    check(outcome.error === "" || outcome.error === decoder.error, "the error changes");
    outcome.error = decoder.error;
    return false;
  }
  const { buffer, start, end, header, remaining } = decoder;
  check(
    0 <= start && start <= end && end <= buffer.length,
    `positions ${start}-${end} are outside`,
  );
  const isAscii = decoder.unmask();
  const payload = buffer.subarray(start, end);
  check(!isAscii || payload.every((byte) => byte < 0x80), "what is called ASCII is not");
  outcome.payload += hex(payload);
  outcome.length += end - start;
  if (step === DecodeStep.Payload) {
    check(remaining === header.payloadLength - outcome.length, `remaining is ${remaining}`);
    return true;
  }
  check(outcome.length === header.payloadLength, "the frame ends before its payload does");
  outcome.frames.push(`${header.fin} ${header.rsv1} ${header.opcode} ${outcome.payload}`);
  outcome.payload = "";
  outcome.length = 0;
  return true;
}
