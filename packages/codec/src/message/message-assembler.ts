import { type Bytes, viewBytes } from "../bytes/bytes.ts";
import { MessageBuffer } from "../bytes/message-buffer.ts";
import { InflateResult } from "../deflate/inflate-result.ts";
import type { InflatedBytes } from "../deflate/inflated-bytes.ts";
import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { DecodeStep, type FrameDecoder } from "../frame/decoder.ts";
import { Opcode } from "../opcode.ts";
import { standardTextCoding, type TextCoding } from "../utf8.ts";
import { AssemblyResult } from "./assembly-result.ts";
import { MessageMemory } from "./message-memory.ts";
import type { MessageOptions } from "./message-options.ts";
import { MessageParts } from "./message-parts.ts";
import type { MessageSlab } from "./message-slab.ts";
import { TextBuffer } from "./text-buffer.ts";

/** Shorter messages, in bytes, are copied even if they may be borrowed: a view costs more. */
const minBorrowedLength = 128;

/** Assembles a decoder's data frames into messages (RFC 6455 sections 5.4 and 5.6). */
export class MessageAssembler {
  /** The message after `Complete`, until the next call: a string or bytes; see `MessageMemory`. */
  message: string | Bytes = "";

  /** Whether `message` is a view of the received chunk, which belongs to the user; see `keepFrom`. */
  isMessageChunk = false;

  readonly decoder: FrameDecoder;
  readonly memory: MessageMemory;
  /** Delivers long messages in parts; undefined if all are delivered whole. */
  readonly parts: MessageParts | undefined;

  /** Whether a complete message is not fully decompressed yet: call `inflate` next. */
  isInflating = false;
  /** Work of the last call of `take` or `inflate`, as the number of bytes of output that take as long. */
  inflationWork = 0;

  private readonly text: TextCoding;
  private deflate: PerMessageDeflate | undefined = undefined;
  /** Whether the message in progress is text. */
  isText = false;
  /** Whether the message in progress is compressed. */
  private isCompressed = false;
  /** A message that is spread over several chunks or frames is gathered in one of these. */
  private gatheredText: TextBuffer | undefined = undefined;
  private gathered: MessageBuffer | undefined = undefined;
  /** Gathers a compressed binary message that is decompressed in several pieces. */
  private inflated: InflatedBytes | undefined = undefined;
  /** The gather buffer of the current borrowed message. Returned at the next call. */
  private borrowedBuffer: MessageBuffer | undefined = undefined;

  /**
   * @param decoder - Retained. Its payloads are read and unmasked; a chunk that becomes the user's
   *   is discarded.
   * @param options - Retained, not modified.
   */
  constructor(decoder: FrameDecoder, options: MessageOptions) {
    this.decoder = decoder;
    this.text = options.text ?? standardTextCoding;
    this.memory = new MessageMemory(options);
    const { streamFrom } = options;
    this.parts =
      streamFrom === undefined
        ? undefined
        : new MessageParts(decoder, this.memory, this.text, streamFrom);
  }

  /**
   * Starts to receive for one connection.
   *
   * @param deflate - The connection's permessage-deflate. Without it, RSV1 is a fault.
   * @param slab - The slab for the connection's messages, if any.
   */
  attach(deflate: PerMessageDeflate | undefined, slab: MessageSlab | undefined): void {
    this.deflate = deflate;
    this.decoder.rsv1Negotiated = deflate !== undefined;
    this.memory.slab = slab;
  }

  /** Drops what belongs to the connection. */
  detach(): void {
    this.attach(undefined, undefined);
  }

  /**
   * Takes the payload of the decoder's last step, which belongs to a data frame.
   *
   * @param step - `DecodeStep.Payload` or `DecodeStep.FrameEnd`.
   * @param maxInflated - After decompressing this many bytes, or up to 64 KiB more, it returns
   *   `Inflating`.
   */
  take(step: DecodeStep, maxInflated = Number.POSITIVE_INFINITY): AssemblyResult {
    const { header } = this.decoder;
    if (this.borrowedBuffer !== undefined) this.releaseBorrowedBuffer();
    this.isMessageChunk = false;
    if (header.opcode !== Opcode.Continuation) {
      this.isText = header.opcode === Opcode.Text;
      this.isCompressed = header.rsv1;
    }
    const isLast = step === DecodeStep.FrameEnd && header.fin;
    if (this.parts?.count() === true) return this.takePart(this.parts, isLast);
    if (this.isCompressed) return this.takeCompressed(isLast, maxInflated);
    return this.isText ? this.takeText(isLast) : this.takeBinary(isLast);
  }

  /** Ends a chunk: messages of the next one share no memory with those of this one. */
  endBurst(): void {
    if (this.borrowedBuffer !== undefined) this.releaseBorrowedBuffer();
    this.message = "";
    this.memory.endBurst();
  }

  /** Drops everything, including the message in progress. */
  discard(): void {
    this.gathered?.drop();
    this.gatheredText?.drop();
    this.inflated?.drop();
    this.gathered = this.gatheredText = this.inflated = undefined;
    this.isInflating = false;
    this.parts?.discard();
    this.endBurst();
  }

  /**
   * Copies the rest of a message to decompress, so that the owner may reuse the decoder's chunk.
   */
  retain(): void {
    if (this.isInflating) this.deflate?.retain();
  }

  /**
   * Continues to decompress the complete message.
   *
   * @param maxInflated - See `take`.
   */
  inflate(maxInflated: number): AssemblyResult {
    const deflate = this.deflate as PerMessageDeflate;
    const { parts } = this;
    this.isInflating = true;
    this.inflationWork = 0;
    if (parts?.isActive === true) return this.inflatePart(parts);
    while (!deflate.done) {
      const length = deflate.next();
      if (length < 0) return inflationFault(length);
      this.inflationWork += length + deflate.extraWork;
      if (parts?.countInflated(length) === true) {
        parts.isEndPushed = true;
        return this.takeInflatedPart(parts, length);
      }
      if (deflate.done && !this.isGathering) return this.completeInflated(deflate.output, length);
      const fault = this.gatherInflated(deflate.output, length);
      if (fault !== undefined) return fault;
      if (this.inflationWork >= maxInflated) return AssemblyResult.Inflating;
    }
    return this.joinInflated(maxInflated);
  }

  /** Takes the decoder's last step, which belongs to a message that is delivered in parts. */
  private takePart(parts: MessageParts, isLast: boolean): AssemblyResult {
    const { gathered, gatheredText } = this;
    if (this.isCompressed) {
      const deflate = this.deflate as PerMessageDeflate;
      return parts.pushCompressed(isLast, deflate)
        ? this.inflate(Number.POSITIVE_INFINITY)
        : AssemblyResult.NoMemory;
    }
    const result = this.isText
      ? parts.takeText(isLast, gatheredText)
      : parts.takeBinary(isLast, gathered);
    this.gatheredText = this.gathered = undefined;
    return this.completePart(parts, result);
  }

  private inflatePart(parts: MessageParts): AssemblyResult {
    const deflate = this.deflate as PerMessageDeflate;
    const length = deflate.next();
    if (length < 0) return inflationFault(length);
    this.inflationWork = length + deflate.extraWork;
    return this.takeInflatedPart(parts, length);
  }

  private takeInflatedPart(parts: MessageParts, length: number): AssemblyResult {
    const { output, done } = this.deflate as PerMessageDeflate;
    const { gatheredText, inflated } = this;
    const isLast = done && parts.isEndPushed;
    this.isInflating = !done;
    const result = this.isText
      ? parts.takeInflatedText(output, length, isLast, gatheredText)
      : parts.takeInflated(output, length, isLast, inflated);
    this.gatheredText = undefined;
    if (result !== AssemblyResult.NoMemory) this.inflated = undefined;
    return this.completePart(parts, result);
  }

  private completePart(parts: MessageParts, result: AssemblyResult): AssemblyResult {
    this.message = parts.message;
    return result;
  }

  private takeText(isLast: boolean): AssemblyResult {
    const { decoder, text } = this;
    const { buffer, start, end } = decoder;
    const isAscii = decoder.unmask();
    if (isLast && this.gatheredText === undefined) {
      // The common case: one frame within one chunk.
      return this.complete(
        isAscii ? text.decodeAscii(buffer, start, end) : text.decodeUtf8(buffer, start, end),
      );
    }
    this.gatheredText ??= new TextBuffer(text, this.memory);
    const expected = Math.max(decoder.remaining, 0);
    if (!this.gatheredText.append(buffer, start, end, isAscii, expected)) {
      return faultOf(this.gatheredText);
    }
    return isLast ? this.completeGathered() : AssemblyResult.Partial;
  }

  private takeBinary(isLast: boolean): AssemblyResult {
    const { decoder, memory } = this;
    const { buffer, start, end, header } = decoder;
    if (isLast && this.gathered === undefined) {
      const length = end - start;
      if (memory.lendsMessages && length >= minBorrowedLength) {
        if (header.masked) decoder.unmask();
        return this.complete(memory.lend(buffer, start, end));
      }
      if (end === buffer.length && memory.mayHandOverChunk(length, buffer))
        return this.handOverChunk();
      this.message = memory.copy(buffer, start, end, header.maskingKey, buffer.length - end);
      return AssemblyResult.Complete;
    }
    const { remaining, phase } = decoder;
    this.gathered ??= new MessageBuffer(memory, memory.lendsMessages);
    const expected = Math.max(remaining, 0);
    const hasMemory = this.gathered.append(buffer, start, end, expected, header.maskingKey, phase);
    if (!hasMemory) return AssemblyResult.NoMemory;
    return isLast ? this.completeGathered() : AssemblyResult.Partial;
  }

  /** Makes the message a view of the chunk, whose memory belongs to the user from now on. */
  private handOverChunk(): AssemblyResult {
    const { decoder } = this;
    const { buffer, start, end } = decoder;
    decoder.unmask();
    decoder.discard();
    this.isMessageChunk = true;
    return this.complete(viewBytes(buffer as Bytes, start, end));
  }

  private takeCompressed(isLast: boolean, maxInflated: number): AssemblyResult {
    const { decoder, memory } = this;
    const deflate = this.deflate as PerMessageDeflate;
    decoder.unmask();
    const { buffer, start, end } = decoder;
    if (!isLast) {
      return deflate.gather(buffer, start, end, memory)
        ? AssemblyResult.Partial
        : AssemblyResult.NoMemory;
    }
    if (!deflate.push(buffer, start, end, memory)) return AssemblyResult.NoMemory;
    return this.inflate(maxInflated);
  }

  private get isGathering(): boolean {
    return this.gatheredText !== undefined || this.inflated !== undefined;
  }

  /** The common case: the whole message is decompressed in one piece. */
  private completeInflated(output: Uint8Array, length: number): AssemblyResult {
    this.isInflating = false;
    if (this.isText) return this.complete(this.text.decodeUtf8(output, 0, length));
    const message = this.memory.allocate(length);
    message.set(output.subarray(0, length));
    return this.complete(message);
  }

  private gatherInflated(output: Uint8Array, length: number): AssemblyResult | undefined {
    if (this.isText) {
      this.gatheredText ??= new TextBuffer(this.text, this.memory);
      const fits = this.gatheredText.append(output, 0, length);
      return fits ? undefined : faultOf(this.gatheredText);
    }
    this.inflated ??= (this.deflate as PerMessageDeflate).createGatherer(this.memory);
    return this.inflated.append(output, length) ? undefined : AssemblyResult.NoMemory;
  }

  private joinInflated(maxInflated: number): AssemblyResult {
    if (!this.isText) {
      const message = this.inflated?.join(maxInflated - this.inflationWork);
      if (message === undefined) {
        this.inflationWork = maxInflated; // joining counts as work of this turn
        return AssemblyResult.Inflating;
      }
      this.message = message;
    }
    this.isInflating = false;
    this.inflated = undefined;
    return this.isText ? this.completeGathered() : AssemblyResult.Complete;
  }

  private completeGathered(): AssemblyResult {
    const message = this.isText ? this.gatheredText?.take() : this.takeGathered();
    this.gathered = this.gatheredText = undefined;
    return this.complete(message);
  }

  private takeGathered(): Bytes | undefined {
    const { gathered } = this;
    if (gathered?.isGatherBuffer !== true || !this.memory.lendsMessages) return gathered?.take();
    this.borrowedBuffer = gathered;
    return this.memory.lendGathered(gathered.bytes, gathered.length);
  }

  private releaseBorrowedBuffer(): void {
    this.borrowedBuffer?.discard();
    this.borrowedBuffer = undefined;
  }

  private complete(message: string | Bytes | undefined): AssemblyResult {
    if (message === undefined) return AssemblyResult.InvalidText;
    this.message = message;
    return AssemblyResult.Complete;
  }
}

/** Tells why a text refused bytes. */
function faultOf(text: TextBuffer): AssemblyResult {
  if (text.isRefused) return AssemblyResult.NoMemory;
  return text.isTooLong ? AssemblyResult.TooLong : AssemblyResult.InvalidText;
}

/** @param result - What `PerMessageDeflate.next` returned instead of a length. */
function inflationFault(result: number): AssemblyResult {
  return result === InflateResult.TooLong
    ? AssemblyResult.TooLong
    : AssemblyResult.InvalidDeflateData;
}
