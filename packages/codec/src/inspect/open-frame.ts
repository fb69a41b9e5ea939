import { copyBytes } from "../bytes/bytes.ts";
import type { ClosePayload } from "../close-payload.ts";
import { applyMask } from "../mask/mask.ts";
import { Opcode } from "../opcode.ts";
import { readClose } from "./close-reading.ts";
import { type Fault, faultOf, rules } from "./fault.ts";
import type { HeaderValues } from "./header-layout.ts";
import { KeptBytes } from "./kept-bytes.ts";
import type { MessageInflation } from "./message-inflation.ts";
import type { FrameMessage, InspectedMessage, MessageTracker } from "./message-tracker.ts";
import { lenientText } from "./text-check.ts";

/** A frame as it was received, legal or not. */
export interface InspectedFrame extends HeaderValues {
  /** Of the frame in this direction, from 0. */
  readonly index: number;
  /** Of the frame's first byte, from the start of the stream. */
  readonly offset: number;
  /** The received bytes of the header, 1 to 14. */
  readonly header: Uint8Array;
  readonly isHeaderComplete: boolean;
  /** How many bytes of the payload were received. */
  readonly receivedLength: number;
  /** The payload as received, masked if the frame is, up to `maxPayloadLength`. */
  readonly payload: Uint8Array;
  /** The payload unmasked, up to `maxPayloadLength`. The same object if the frame is not masked. */
  readonly unmasked: Uint8Array;
  /** Whether all bytes of the frame were received. */
  readonly isComplete: boolean;
  /** The message that a data frame belongs to; undefined if it belongs to none. */
  readonly message: FrameMessage | undefined;
  /**
   * Of a frame of an uncompressed text message: the text of `unmasked`. What is not valid UTF-8
   * shows as U+FFFD, and so does a character that is spread over two frames.
   */
  readonly text: string | undefined;
  /** Index in the payload of the first byte of a text that is not valid UTF-8. */
  readonly invalidUtf8At: number | undefined;
  /** Of a complete Close frame that is kept whole: its status code and reason. */
  readonly close: ClosePayload | undefined;
  /** The message that the frame completes. */
  readonly completed: InspectedMessage | undefined;
  /** The faults of the frame, that with which a strict endpoint fails first. */
  readonly faults: readonly Fault[];
}

/** Payloads are unmasked in pieces of this many bytes. */
const pieceLength = 65_536;

/** A frame of which bytes are expected. */
export class OpenFrame {
  readonly values: HeaderValues;
  /** How many payload bytes are missing; Infinity for a length that no stream reaches. */
  missing: number;
  private readonly index: number;
  private readonly offset: number;
  private readonly header: Uint8Array;
  private readonly tracker: MessageTracker;
  private readonly message: FrameMessage | undefined;
  private readonly faults: Fault[];
  private readonly payload: KeptBytes;
  private readonly unmasked: KeptBytes;
  private invalidUtf8At: number | undefined = undefined;

  /**
   * @param header - All bytes of the header. Retained.
   * @param faults - Of the header. Retained and modified.
   * @param limit - How many bytes of the payload are kept.
   */
  constructor(
    index: number,
    offset: number,
    header: Uint8Array,
    values: HeaderValues,
    tracker: MessageTracker,
    faults: Fault[],
    limit: number,
  ) {
    this.index = index;
    this.offset = offset;
    this.header = header;
    this.values = values;
    this.tracker = tracker;
    this.faults = faults;
    this.payload = new KeptBytes(limit);
    this.unmasked = values.masked ? new KeptBytes(limit) : this.payload;
    this.message = tracker.start(values);
    const { payloadLength } = values;
    this.missing =
      payloadLength > BigInt(Number.MAX_SAFE_INTEGER)
        ? Number.POSITIVE_INFINITY
        : Number(payloadLength);
  }

  private get payloadOffset(): number {
    return this.offset + this.header.length;
  }

  /** Takes a part of the payload. `bytes` are borrowed, not modified, read from `start` to `end`. */
  take(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += pieceLength) {
      this.takePiece(bytes, at, Math.min(end, at + pieceLength));
    }
  }

  private takePiece(bytes: Uint8Array, start: number, end: number): void {
    const { values, payload, unmasked, payloadOffset } = this;
    const phase = payload.length;
    payload.append(bytes, start, end);
    const piece = copyBytes(bytes, start, end);
    if (values.maskingKey !== undefined) {
      applyMask(piece, 0, piece.length, values.maskingKey, phase);
      unmasked.append(piece, 0, piece.length);
    }
    this.missing -= piece.length;
    const fault = this.tracker.take(piece, payloadOffset + phase);
    if (fault === undefined) return;
    this.invalidUtf8At = fault.offset - payloadOffset;
    this.faults.push(fault);
  }

  /**
   * Ends the frame: it is complete, or no more bytes will arrive.
   *
   * @param inflation - Decompresses messages; undefined if that is not possible.
   */
  finish(inflation: MessageInflation | undefined): InspectedFrame {
    const { index, offset, header, values, message, faults, payloadOffset } = this;
    const isComplete = this.missing === 0;
    const receivedLength = this.payload.length;
    const end = payloadOffset + receivedLength;
    const payload = this.payload.take();
    const unmasked = values.masked ? this.unmasked.take() : payload;
    let completed: InspectedMessage | undefined;
    let close: ClosePayload | undefined;
    if (isComplete) {
      completed = this.tracker.finish(values, inflation, payloadOffset, end, faults);
      const isKept = unmasked.length === receivedLength;
      if (values.opcode === Opcode.Close && isKept)
        close = readClose(unmasked, payloadOffset, faults);
      // The text ends within a character.
      if (completed !== undefined && completed.invalidUtf8At === completed.receivedLength)
        this.invalidUtf8At = receivedLength;
    } else {
      faults.push(faultOf(rules.incompleteFrame, "frame", end, this.missingHint()));
    }
    const isText = message?.opcode === Opcode.Text && !message.isCompressed;
    const { invalidUtf8At } = this;
    return {
      ...{ index, offset, header, isHeaderComplete: true, ...values, receivedLength, payload },
      ...{ unmasked, isComplete, message, close, completed, faults, invalidUtf8At },
      text: isText ? lenientText(unmasked) : undefined,
    };
  }

  private missingHint(): string {
    const missing = this.values.payloadLength - BigInt(this.payload.length);
    return `${missing} of ${this.values.payloadLength} payload bytes are missing`;
  }
}

/**
 * Describes a frame of which the header was not received whole.
 *
 * @param header - The received bytes. Retained.
 * @param faults - Of these bytes. Retained and modified.
 */
export function cutFrame(
  index: number,
  offset: number,
  header: Uint8Array,
  values: HeaderValues,
  faults: Fault[],
): InspectedFrame {
  const payload = new Uint8Array(0);
  const hint = `${header.length} bytes of its header were received`;
  faults.push(faultOf(rules.incompleteFrame, "frame", offset + header.length, hint));
  return {
    ...{ index, offset, header, isHeaderComplete: false, ...values, receivedLength: 0, payload },
    ...{ unmasked: payload, isComplete: false, faults },
    ...{ message: undefined, text: undefined, invalidUtf8At: undefined },
    ...{ close: undefined, completed: undefined },
  };
}
