import { Inflation, type PerMessageDeflate } from "./extension/permessage-deflate.ts";
import { type FrameDecoder, Step } from "./frame/decoder.ts";
import { MessageBuffer } from "./message.ts";
import { type MemoryOptions, MessageMemory } from "./message-memory.ts";
import { Opcode } from "./opcode.ts";
import { TextBuffer } from "./text-buffer.ts";
import { standardTextCoding, type TextCoding } from "./utf8.ts";

/** How messages are made. What is fastest differs between the runtimes. */
export interface MessageOptions extends MemoryOptions {
  /** Default: what every runtime has. */
  text?: TextCoding;
}

/** What `MessageAssembler.take` came to. */
export const Assembly = {
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
} as const;
export type Assembly = (typeof Assembly)[keyof typeof Assembly];

/** Shorter messages are copied even where they may be lent, in bytes: a view of a large buffer costs more. */
const shortestLent = 128;

/** Makes messages of the data frames of a decoder (RFC 6455 sections 5.4 and 5.6). */
export class MessageAssembler {
  /** After `Complete`, until the next call: text as a string, binary as bytes; see `MessageMemory`. */
  message: string | Uint8Array = "";

  readonly decoder: FrameDecoder;
  /** Left out, payloads of frames with RSV1 are taken as they are. */
  deflate: PerMessageDeflate | undefined;

  readonly memory: MessageMemory;

  private readonly text: TextCoding;
  /** Whether the message in progress is text. */
  private isText = false;
  /** Whether the message in progress is compressed. */
  private isCompressed = false;
  /** Of a message that did not come whole in one chunk, one of the two. */
  private gatheredText: TextBuffer | undefined = undefined;
  private gathered: MessageBuffer | undefined = undefined;
  /** What was lent of it. */
  private lent: MessageBuffer | undefined = undefined;

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
   */
  take(step: Step): Assembly {
    const { header } = this.decoder;
    if (this.lent !== undefined) this.endLoan();
    if (header.opcode !== Opcode.Continuation) {
      this.isText = header.opcode === Opcode.Text;
      // Without it RSV1 is for whoever negotiated it.
      this.isCompressed = header.rsv1 && this.deflate !== undefined;
    }
    const isLast = step === Step.FrameEnd && header.fin;
    if (this.isCompressed) return this.takeCompressed(isLast, this.deflate as PerMessageDeflate);
    return this.isText ? this.takeText(isLast) : this.takeBinary(isLast);
  }

  /** Says that the decoder's chunk is used up: what was given out shares no memory with what follows. */
  endBurst(): void {
    if (this.lent !== undefined) this.endLoan();
    this.message = "";
    this.memory.endBurst();
  }

  /** Lets go of everything. */
  discard(): void {
    this.gathered?.discard();
    this.gatheredText?.discard();
    this.gathered = this.gatheredText = undefined;
    this.endBurst();
  }

  private takeText(isLast: boolean): Assembly {
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
    return isLast ? this.completeGathered() : Assembly.Partial;
  }

  private takeBinary(isLast: boolean): Assembly {
    const { decoder, memory } = this;
    const { buffer, start, end, header } = decoder;
    if (isLast && this.gathered === undefined) {
      const length = end - start;
      if (memory.lends && length >= shortestLent) {
        if (header.masked) decoder.unmask();
        return this.complete(memory.lend(buffer, start, end));
      }
      if (end === buffer.length && memory.keeps(length, buffer)) return this.keepChunk();
      this.message = memory.copy(buffer, start, end, header.maskingKey, buffer.length - end);
      return Assembly.Complete;
    }
    const { remaining, phase } = decoder;
    this.gathered ??= new MessageBuffer(memory, memory.lends);
    const expected = Math.max(remaining, 0);
    this.gathered.append(buffer, start, end, expected, header.maskingKey, phase);
    return isLast ? this.completeGathered() : Assembly.Partial;
  }

  /** Hands out the chunk's memory, which from here on is the user's alone. */
  private keepChunk(): Assembly {
    const { decoder } = this;
    const { buffer, start, end } = decoder;
    decoder.unmask();
    decoder.discard();
    return this.complete(new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start));
  }

  private takeCompressed(isLast: boolean, deflate: PerMessageDeflate): Assembly {
    const { decoder } = this;
    decoder.unmask();
    deflate.push(decoder.buffer, decoder.start, decoder.end, isLast);
    do {
      const length = deflate.next();
      if (length === Inflation.Invalid) return Assembly.InvalidDeflateData;
      if (length === Inflation.TooLong) return Assembly.TooLong;
      if (isLast && deflate.done && !this.isGathering) {
        return this.completeInflated(deflate.output, length);
      }
      if (!this.gatherInflated(deflate.output, length)) {
        return faultOf(this.gatheredText as TextBuffer);
      }
    } while (!deflate.done);
    return isLast ? this.completeGathered() : Assembly.Partial;
  }

  private get isGathering(): boolean {
    return this.gatheredText !== undefined || this.gathered !== undefined;
  }

  /** The common case: all of a message in one piece. */
  private completeInflated(output: Uint8Array, length: number): Assembly {
    if (this.isText) return this.complete(this.text.decodeUtf8(output, 0, length));
    const message = this.memory.allocate(length);
    message.set(output.subarray(0, length));
    return this.complete(message);
  }

  private gatherInflated(output: Uint8Array, length: number): boolean {
    if (this.isText) {
      this.gatheredText ??= new TextBuffer(this.text, this.memory);
      return this.gatheredText.append(output, 0, length);
    }
    this.gathered ??= new MessageBuffer(this.memory, this.memory.lends);
    return this.gathered.append(output, 0, length, 0);
  }

  private completeGathered(): Assembly {
    const message = this.isText ? this.gatheredText?.take() : this.takeGathered();
    this.gathered = this.gatheredText = undefined;
    return this.complete(message);
  }

  private takeGathered(): Uint8Array | undefined {
    const { gathered } = this;
    if (gathered?.borrowed !== true || !this.memory.lends) return gathered?.take();
    this.lent = gathered;
    return this.memory.lend(gathered.bytes, 0, gathered.length);
  }

  private endLoan(): void {
    this.lent?.discard();
    this.lent = undefined;
  }

  private complete(message: string | Uint8Array | undefined): Assembly {
    if (message === undefined) return Assembly.InvalidText;
    this.message = message;
    return Assembly.Complete;
  }
}

/** Why a text took no more bytes. */
function faultOf(text: TextBuffer): Assembly {
  return text.isTooLong ? Assembly.TooLong : Assembly.InvalidText;
}
