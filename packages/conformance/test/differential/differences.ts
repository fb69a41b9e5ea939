import { withShortestLength } from "./frame-span.ts";
import { type FrameRun, runByFrame } from "./our-connection.ts";
import {
  failureLine,
  isDataMessage,
  type Limits,
  type Outcome,
  type Role,
  type Situation,
} from "./outcome.ts";
import type { Delivery } from "./ws-receiver.ts";

/** The smallest stream that shows a difference. */
export interface Example {
  readonly role: Role;
  readonly limits?: Partial<Limits>;
  readonly delivery?: Delivery;
  /** The chunks, in hexadecimal digits. */
  readonly chunks: readonly string[];
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

/** A known difference between ws 8.23 and Framewright. */
export interface Difference {
  /** The id in the table of docs/rfc6455.md. */
  readonly id: string;
  /** Why Framewright is right, or free to differ. */
  readonly because: string;
  /**
   * Predicts the outcome of ws from the outcome of Framewright. The prediction is exact, so that no
   * other difference is hidden.
   *
   * @returns The outcome, or undefined if the difference does not apply.
   */
  readonly predict?: (run: FrameRun) => Outcome | undefined;
  readonly example: Example;
}

const tooLongForNumber = failureLine(1009, "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH");
const tooLong = failureLine(1009, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
const badLength = failureLine(1002, "WS_ERR_INVALID_PAYLOAD_LENGTH");
const badControlLength = failureLine(1002, "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH");
const badText = failureLine(1007, "WS_ERR_INVALID_UTF8");
const tooManyParts = failureLine(1008, "WS_ERR_TOO_MANY_BUFFERED_PARTS");

export const differences: readonly Difference[] = [
  {
    id: "length-not-shortest",
    because: "section 5.2: the minimal number of bytes MUST be used to encode the length",
    predict({ situation, outcome, frames }) {
      const frame = frames.at(-1);
      if (outcome.end !== badLength || (frame?.payloadLength ?? 0n) > 0xffffn || !frame) return;
      const stream = withShortestLength(situation.stream, frame);
      return predictWs({ ...situation, stream });
    },
    example: {
      role: "client",
      chunks: ["82 7e 0001 61"],
      ours: { events: [], end: badLength },
      theirs: { events: ["binary 61"], end: "open" },
    },
  },
  {
    id: "length-top-bit",
    because:
      "section 5.2: the most significant bit MUST be 0, a fault of the protocol and not of size",
    predict({ outcome, frames }) {
      const { payloadLength = 0n } = frames.at(-1) ?? {};
      if (outcome.end !== badLength || payloadLength < 2n ** 63n) return;
      return { ...outcome, end: tooLongForNumber };
    },
    example: {
      role: "client",
      chunks: ["82 7f 8000000000000000"],
      ours: { events: [], end: badLength },
      theirs: { events: [], end: tooLongForNumber },
    },
  },
  {
    id: "length-beyond-2-53",
    because:
      "section 10.4 leaves limits to the receiver: one code for every message that is too long",
    predict({ outcome, frames }) {
      const { payloadLength = 0n } = frames.at(-1) ?? {};
      if (outcome.end !== tooLong || payloadLength < 2n ** 53n) return;
      return { ...outcome, end: tooLongForNumber };
    },
    example: {
      role: "client",
      chunks: ["82 7f 0020000000000000"],
      ours: { events: [], end: tooLong },
      theirs: { events: [], end: tooLongForNumber },
    },
  },
  {
    id: "length-before-key",
    because:
      "section 7.1.7 sets no moment: a length is judged with its header, masking key included",
    predict({ situation, outcome, frames }) {
      const frame = frames.at(-1);
      if (outcome.end !== "open" || frame?.payloadLength === undefined) return;
      if (frame.missingHeader === 0) return;
      const stream = new Uint8Array(situation.stream.length + frame.missingHeader);
      stream.set(situation.stream);
      const completed = predictWs({ ...situation, stream });
      return [tooLong, tooLongForNumber].includes(completed.end) ? completed : undefined;
    },
    example: {
      role: "server",
      limits: { maxMessageSize: 1 },
      chunks: ["82 82"],
      ours: { events: [], end: "open" },
      theirs: { events: [], end: tooLong },
    },
  },
  {
    id: "utf8-at-message-end",
    because:
      "section 8.1: text that is not UTF-8 fails the connection; nothing is gained by waiting",
    predict({ situation, outcome, frames }) {
      if (outcome.end !== badText || frames.at(-1)?.opcode === 8) return;
      const first = frames.findLast(({ opcode }) => opcode === 1);
      if (first === undefined) return;
      // Until its end, ws treats the text like binary data.
      const stream = situation.stream.slice();
      stream[first.start] += 1;
      const message = outcome.events.filter(isDataMessage).length;
      return failAtMessage(predictWs({ ...situation, stream }), message);
    },
    example: {
      role: "client",
      chunks: ["01 01 ff", "89 00"],
      ours: { events: [], end: badText },
      theirs: { events: ["ping "], end: "open" },
    },
  },
  {
    id: "close-of-one-byte",
    because:
      "section 5.5.1 sets no order of checks: the mask bit comes first, the body when it is there",
    predict({ outcome, frames }) {
      const { opcode, payloadLength, fin, rsv } = frames.at(-1) ?? {};
      const atFault = ["open", "WS_ERR_EXPECTED_MASK", "WS_ERR_UNEXPECTED_MASK"];
      if (!atFault.includes(outcome.end.split(" ").at(-1) ?? "")) return;
      if (opcode !== 8 || payloadLength !== 1n || !fin || rsv !== 0) return;
      return { ...outcome, end: badControlLength };
    },
    example: {
      role: "client",
      chunks: ["88 01"],
      ours: { events: [], end: "open" },
      theirs: { events: [], end: badControlLength },
    },
  },
  {
    id: "fragment-limit",
    because:
      "section 10.4 leaves limits to the receiver: ours comes with the header, not with the payload",
    predict({ outcome, frames }) {
      if (outcome.end !== tooManyParts) return;
      return frames.at(-1)?.isWhole ? outcome : { ...outcome, end: "open" };
    },
    example: {
      role: "client",
      limits: { maxFragments: 1 },
      chunks: ["02 00", "80 01"],
      ours: { events: [], end: tooManyParts },
      theirs: { events: [], end: "open" },
    },
  },
  {
    // It depends on the chunks and thus cannot be predicted from the frames. Random streams set no
    // such limit.
    id: "chunk-limit",
    because:
      "section 10.4 leaves limits to the receiver: bytes are gathered, not the chunks they came in",
    example: {
      role: "client",
      delivery: { maxBufferedChunks: 2 },
      chunks: ["82 04", "61", "62", "63", "64"],
      ours: { events: ["binary 61626364"], end: "open" },
      theirs: { events: [], end: tooManyParts },
    },
  },
];

/** Ends an outcome at the data message with this number, counted from 0. */
function failAtMessage(outcome: Outcome, number: number): Outcome {
  let seen = 0;
  const at = outcome.events.findIndex((event) => isDataMessage(event) && seen++ === number);
  return at < 0 ? outcome : { events: outcome.events.slice(0, at), end: badText };
}

/** Predicts the outcome of ws for a stream from ours and the known differences. */
export function predictWs(situation: Situation): Outcome {
  return predictFrom(runByFrame(situation));
}

export function predictFrom(run: FrameRun): Outcome {
  for (const { predict } of differences) {
    const outcome = predict?.(run);
    if (outcome !== undefined) return outcome;
  }
  return run.outcome;
}
