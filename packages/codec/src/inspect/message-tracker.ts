import { Opcode } from "../opcode.ts";
import { type Fault, faultOf, rules } from "./fault.ts";
import type { HeaderValues } from "./header-layout.ts";
import { KeptBytes } from "./kept-bytes.ts";
import type { MessageInflation } from "./message-inflation.ts";
import { lenientText, TextCheck } from "./text-check.ts";

/** Which message a data frame belongs to. */
export interface FrameMessage {
  /** Of the message in this direction, from 0. Messages without a first frame are not counted. */
  readonly index: number;
  /** Of the message: `Opcode.Text` or `Opcode.Binary`. */
  readonly opcode: number;
  /** Whether the message's first frame has RSV1. */
  readonly isCompressed: boolean;
  /** Where the frame stands in its message. */
  readonly position: "only" | "first" | "continuation" | "last";
}

/** A message of which all frames were received. */
export interface InspectedMessage {
  readonly index: number;
  readonly opcode: number;
  readonly isCompressed: boolean;
  readonly frameCount: number;
  /** Length of the payloads of all frames, in bytes: compressed if the message is. */
  readonly receivedLength: number;
  /**
   * The message's bytes, decompressed, up to `maxMessageLength`; undefined if the message is
   * compressed and was not decompressed.
   */
  readonly payload: Uint8Array | undefined;
  /** Length of the message in bytes, even if `payload` is shorter; 0 without a payload. */
  readonly length: number;
  /** Of a text message: its text. What is not valid UTF-8 shows as U+FFFD. */
  readonly text: string | undefined;
  /** Of a text message: index of the first byte that is not valid UTF-8. */
  readonly invalidUtf8At: number | undefined;
}

/** The message in progress. */
interface OpenMessage {
  readonly index: number;
  readonly opcode: number;
  readonly isCompressed: boolean;
  frameCount: number;
  receivedLength: number;
  readonly kept: KeptBytes;
  readonly text: TextCheck;
}

/** Assigns data frames to messages, and puts messages together (RFC 6455 section 5.4). */
export class MessageTracker {
  private readonly limit: number;
  private open: OpenMessage | undefined = undefined;
  /** The message of the current frame; undefined for a control frame and a stray continuation. */
  private current: OpenMessage | undefined = undefined;
  private count = 0;

  /** @param limit - How many bytes of a message are kept. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether a fragmented message is in progress. */
  get isInMessage(): boolean {
    return this.open !== undefined;
  }

  /** Starts a frame. A frame with a data opcode starts a message even within another. */
  start(header: HeaderValues): FrameMessage | undefined {
    const { opcode, fin } = header;
    const isFirst = opcode === Opcode.Text || opcode === Opcode.Binary;
    if (isFirst) {
      this.open = {
        index: this.count++,
        opcode,
        isCompressed: header.rsv1,
        frameCount: 0,
        receivedLength: 0,
        kept: new KeptBytes(this.limit),
        text: new TextCheck(),
      };
    }
    this.current = isFirst || opcode === Opcode.Continuation ? this.open : undefined;
    const { current } = this;
    if (current === undefined) return undefined;
    current.frameCount++;
    const positions = isFirst ? (["only", "first"] as const) : (["last", "continuation"] as const);
    const { index, isCompressed } = current;
    return { index, opcode: current.opcode, isCompressed, position: positions[fin ? 0 : 1] };
  }

  /**
   * Takes a part of the current frame's payload.
   *
   * @param bytes - Unmasked. Borrowed, not modified.
   * @param offset - Of `bytes`, from the start of the stream.
   * @returns The fault of its text, if it has one.
   */
  take(bytes: Uint8Array, offset: number): Fault | undefined {
    const { current } = this;
    if (current === undefined) return undefined;
    current.receivedLength += bytes.length;
    current.kept.append(bytes, 0, bytes.length);
    if (current.isCompressed || current.opcode !== Opcode.Text) return undefined;
    const index = current.text.push(bytes, 0, bytes.length);
    return index === undefined ? undefined : faultOf(rules.text, "payload", offset + index);
  }

  /**
   * Ends the current frame.
   *
   * @param inflation - Decompresses messages; undefined if that is not possible.
   * @param payloadOffset - Of the frame's payload, from the start of the stream.
   * @param end - Index after the frame.
   * @param faults - Modified: the faults of the whole message are added.
   * @returns The message, if the frame completes one.
   */
  finish(
    header: HeaderValues,
    inflation: MessageInflation | undefined,
    payloadOffset: number,
    end: number,
    faults: Fault[],
  ): InspectedMessage | undefined {
    const { current } = this;
    if (current === undefined || !header.fin) return undefined;
    this.open = this.current = undefined;
    const isText = current.opcode === Opcode.Text;
    if (current.isCompressed) return this.inflate(current, inflation, payloadOffset, faults);
    const { kept, text } = current;
    if (isText && text.end()) faults.push(faultOf(rules.cutText, "payload", end));
    return complete(current, kept, text.invalidAt);
  }

  private inflate(
    current: OpenMessage,
    inflation: MessageInflation | undefined,
    offset: number,
    faults: Fault[],
  ): InspectedMessage {
    if (inflation === undefined) return complete(current, undefined, undefined);
    const { kept, text, opcode } = current;
    const inflated = new KeptBytes(this.limit);
    const isText = opcode === Opcode.Text;
    const result = inflation.inflate(kept.take(), !kept.isCut, offset, (bytes, length) => {
      inflated.append(bytes, 0, length);
      const index = isText ? text.push(bytes, 0, length) : undefined;
      if (index !== undefined) faults.push(faultOf(rules.text, "payload", offset, hintAt(text)));
      return !inflated.isCut;
    });
    if (typeof result === "object") faults.push(result);
    const isWhole = result === undefined;
    if (isWhole && isText && text.end())
      faults.push(faultOf(rules.cutText, "payload", offset, hintAt(text)));
    return complete(current, result === "lost" ? undefined : inflated, text.invalidAt);
  }
}

function hintAt({ invalidAt }: TextCheck): string {
  return `at byte ${invalidAt} of the decompressed message`;
}

function complete(
  message: OpenMessage,
  kept: KeptBytes | undefined,
  invalidUtf8At: number | undefined,
): InspectedMessage {
  const { index, opcode, isCompressed, frameCount, receivedLength } = message;
  const payload = kept?.take();
  return {
    ...{ index, opcode, isCompressed, frameCount, receivedLength },
    payload,
    length: kept?.length ?? 0,
    text: opcode === Opcode.Text && payload !== undefined ? lenientText(payload) : undefined,
    invalidUtf8At,
  };
}
