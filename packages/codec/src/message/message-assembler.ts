import { InflateResult, type PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { DecodeStep, type FrameDecoder } from "../frame/decoder.ts";
import { Opcode } from "../opcode.ts";
import { standardTextCoding, type TextCoding } from "../utf8.ts";
import { InflatedBytes } from "./inflated-bytes.ts";
import { MessageBuffer } from "./message-buffer.ts";
import { type MemoryOptions, MessageMemory } from "./message-memory.ts";
import { TextBuffer } from "./text-buffer.ts";

/** How messages are made. What is fastest differs between the runtimes. */
export interface MessageOptions extends MemoryOptions {
  /** Default: what every runtime has. */
  text?: TextCoding;
}

/** What `MessageAssembler.take` came to. */
export const AssemblyResult = {
  /** More of the message has to come. */
  Partial: 0,
  /** The message is complete: see `message`. */
  Complete: 1,
  /** The message is text and not valid UTF-8. */
  InvalidText: 2,
  /** The message is compressed, and not as it should be. */
  InvalidDeflateData: 3,
  /** Decompressed, the message is longer than the maximum message size; or text longer than a string can be. */
  TooLong: 4,
  /** There is no memory for more of the message; see `ReceiveMemory`. */
  NoMemory: 5,
  /** The message has come, but not all of it is decompressed: call `inflate`. */
  Inflating: 6,
} as const;
export type AssemblyResult = (typeof AssemblyResult)[keyof typeof AssemblyResult];

const inflationFaults = {
  [InflateResult.Invalid]: AssemblyResult.InvalidDeflateData,
  [InflateResult.TooLong]: AssemblyResult.TooLong,
} as const satisfies Record<InflateResult, AssemblyResult>;

/** Shorter messages are copied even where they may be lent, in bytes: a view of a large buffer costs more. */
const minLentLength = 128;

/** Makes messages of the data frames of a decoder (RFC 6455 sections 5.4 and 5.6). */
export class MessageAssembler {
  /** After `Complete`, until the next call: text as a string, binary as bytes; see `MessageMemory`. */
  message: string | Uint8Array = "";

  readonly decoder: FrameDecoder;
  /** Left out, payloads of frames with RSV1 are taken as they are. */
  deflate: PerMessageDeflate | undefined;

  readonly memory: MessageMemory;

  /** Whether a message has come whole that is not decompressed yet: `inflate` comes next. */
  isInflating = false;
  /** How many bytes the last call of `take` or `inflate` decompressed. */
  inflatedLength = 0;

  private readonly text: TextCoding;
  /** Whether the message in progress is text. */
  private isText = false;
  /** Whether the message in progress is compressed. */
  private isCompressed = false;
  /** Of a message that did not come whole in one chunk, one of the two. */
  private gatheredText: TextBuffer | undefined = undefined;
  private gathered: MessageBuffer | undefined = undefined;
  /** Of a compressed binary message that is longer than one piece. */
  private inflated: InflatedBytes | undefined = undefined;
  /** What was lent of it. */
  private lentBuffer: MessageBuffer | undefined = undefined;

  /**
   * @param decoder - Retained; only read, and unmasked.
   * @param options - Retained, not modified.
   * @param deflate - Retained.
   */
  constructor(decoder: FrameDecoder, options: MessageOptions, deflate?: PerMessageDeflate) {
    this.decoder = decoder;
    this.text = options.text ?? standardTextCoding;
    this.memory = new MessageMemory(options);
    this.deflate = deflate;
  }

  /**
   * Takes what the decoder's last step came to: some payload of a data frame.
   *
   * @param step - `Step.Payload` or `Step.FrameEnd`.
   * @param maxInflated - With so many bytes decompressed, or up to 64 KiB more, it comes to `Inflating`.
   */
  take(step: DecodeStep, maxInflated = Number.POSITIVE_INFINITY): AssemblyResult {
    const { header } = this.decoder;
    if (this.lentBuffer !== undefined) this.releaseLentBuffer();
    if (header.opcode !== Opcode.Continuation) {
      this.isText = header.opcode === Opcode.Text;
      // Without it RSV1 is for whoever negotiated it.
      this.isCompressed = header.rsv1 && this.deflate !== undefined;
    }
    const isLast = step === DecodeStep.FrameEnd && header.fin;
    if (this.isCompressed) return this.takeCompressed(isLast, maxInflated);
    return this.isText ? this.takeText(isLast) : this.takeBinary(isLast);
  }

  /** Says that the decoder's chunk is used up: what was given out shares no memory with what follows. */
  endBurst(): void {
    if (this.lentBuffer !== undefined) this.releaseLentBuffer();
    this.message = "";
    this.memory.endBurst();
  }

  /** Lets go of everything. */
  discard(): void {
    this.gathered?.discard();
    this.gatheredText?.discard();
    this.inflated?.discard();
    this.gathered = this.gatheredText = this.inflated = undefined;
    this.isInflating = false;
    this.endBurst();
  }

  /** Keeps what an unfinished decompression needs, so that the decoder's chunk can go back to its owner. */
  retain(): void {
    if (this.isInflating) this.deflate?.retain();
  }

  /**
   * Goes on decompressing the message that has come.
   *
   * @param maxInflated - See `take`.
   */
  inflate(maxInflated: number): AssemblyResult {
    const deflate = this.deflate as PerMessageDeflate;
    this.isInflating = true;
    this.inflatedLength = 0;
    while (!deflate.done) {
      const length = deflate.next();
      if (length < 0) return inflationFaults[length as InflateResult];
      this.inflatedLength += length;
      if (deflate.done && !this.isGathering) return this.completeInflated(deflate.output, length);
      const fault = this.gatherInflated(deflate.output, length);
      if (fault !== undefined) return fault;
      if (this.inflatedLength >= maxInflated) return AssemblyResult.Inflating;
    }
    return this.joinInflated(maxInflated);
  }

  private takeText(isLast: boolean): AssemblyResult {
    const { decoder, text } = this;
    const { buffer, start, end } = decoder;
    const isAscii = decoder.unmask();
    if (isLast && this.gatheredText === undefined) {
      // The common case: one frame, all of it in one chunk.
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
      if (memory.lendsMessages && length >= minLentLength) {
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

  /** Hands out the chunk's memory, which from here on is the user's alone. */
  private handOverChunk(): AssemblyResult {
    const { decoder } = this;
    const { buffer, start, end } = decoder;
    decoder.unmask();
    decoder.discard();
    return this.complete(new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start));
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

  /** The common case: all of a message in one piece. */
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
    this.inflated ??= new InflatedBytes(this.memory);
    return this.inflated.append(output, length) ? undefined : AssemblyResult.NoMemory;
  }

  private joinInflated(maxInflated: number): AssemblyResult {
    if (!this.isText) {
      const message = this.inflated?.join(maxInflated - this.inflatedLength);
      if (message === undefined) {
        this.inflatedLength = maxInflated; // joining counts as well
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

  private takeGathered(): Uint8Array | undefined {
    const { gathered } = this;
    if (gathered?.isGatherBuffer !== true || !this.memory.lendsMessages) return gathered?.take();
    this.lentBuffer = gathered;
    return this.memory.lendGathered(gathered.bytes, gathered.length);
  }

  private releaseLentBuffer(): void {
    this.lentBuffer?.discard();
    this.lentBuffer = undefined;
  }

  private complete(message: string | Uint8Array | undefined): AssemblyResult {
    if (message === undefined) return AssemblyResult.InvalidText;
    this.message = message;
    return AssemblyResult.Complete;
  }
}

/** Why a text took no more bytes. */
function faultOf(text: TextBuffer): AssemblyResult {
  if (text.isRefused) return AssemblyResult.NoMemory;
  return text.isTooLong ? AssemblyResult.TooLong : AssemblyResult.InvalidText;
}
