import { DecodeStep, FrameDecoder } from "../../packages/codec/src/frame/decoder.ts";
import { hex } from "../../packages/codec/test/bytes.ts";
import { Choices } from "../input/choices.ts";
import { readReceiverChoices } from "../input/receiver-options.ts";
import { cutWire, readWire } from "../input/wire.ts";
import { check, checkSame } from "../reference/check.ts";
import { type Reading, type ReceiverOptions, readAll } from "../reference/receiver.ts";

export { frameDictionary as dictionary } from "../input/dictionaries.ts";

/** How the decoder is driven. */
const Manner = {
  /** Read each chunk fully before the next. */
  Patient: 0,
  /** Return each chunk after its first step, by calling `retain`. */
  Retaining: 1,
  /** Pass the next chunk after one step. */
  Hurried: 2,
} as const;
type Manner = (typeof Manner)[keyof typeof Manner];

/** Unread bytes are copied with each following chunk, so their number is limited. */
const mostUnread = 2000;

/** The decoded result: complete frames, then the payload of an incomplete one, then the fault. */
class Outcome {
  readonly frames: string[] = [];
  error = "";
  payload = "";
  length = 0;

  toString(): string {
    return [...this.frames, `partial ${this.payload}`, `error ${this.error}`].join("\n");
  }
}

/**
 * With any bytes in any chunks, the decoder reads what the reference reads from all bytes at once.
 */
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
    `fault ${whole.error || "none"}, but the faults are ${reading.faults.join(", ") || "none"}`,
  );
  const pieces = decode(options, cutWire(wire, chunkSizes), manner);
  checkSame(pieces.toString(), whole.toString(), "chunks change the decoded frames");
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
  decoder.rsv1Negotiated = options.rsv1Negotiated;
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
    // The chunk is returned, so anything kept must have been copied.
    chunk.fill(0xee);
  }
  takeSteps(decoder, outcome);
  check(decoder.unread === 0, "unread bytes are left");
  return outcome;
}

/**
 * Every step reads at least one byte, except the last one and the end of a frame without more
 * bytes.
 */
function takeSteps(decoder: FrameDecoder, outcome: Outcome): void {
  const most = decoder.unread + 2;
  for (let steps = 0; takeStep(decoder, outcome); steps++) {
    check(steps <= most, "the decoder takes too many steps for its bytes");
  }
}

/** @returns false if the decoder needs more bytes or has failed. */
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
  check(!isAscii || payload.every((byte) => byte < 0x80), "a payload reported as ASCII is not");
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
