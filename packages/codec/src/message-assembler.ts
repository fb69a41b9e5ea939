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
} as const;
export type Assembly = (typeof Assembly)[keyof typeof Assembly];

/** Makes messages of the data frames of a decoder (RFC 6455 sections 5.4 and 5.6). */
export class MessageAssembler {
  /** After `Complete`: text as a string, binary as bytes that are the caller's to keep. */
  message: string | Uint8Array = "";

  private readonly decoder: FrameDecoder;
  private readonly text: TextCoding;
  private readonly memory: MessageMemory;
  /** Whether the message in progress is text. */
  private isText = false;
  /** Of a message that did not come whole in one chunk, one of the two. */
  private gatheredText: TextBuffer | undefined = undefined;
  private gathered: MessageBuffer | undefined = undefined;

  /**
   * @param decoder - Retained; only read, and unmasked.
   * @param options - Retained, not modified.
   */
  constructor(decoder: FrameDecoder, options: MessageOptions) {
    this.decoder = decoder;
    this.text = options.text ?? standardTextCoding;
    this.memory = new MessageMemory(options);
  }

  /**
   * Takes what the decoder's last step came to: some payload of a data frame.
   *
   * @param step - `Step.Payload` or `Step.FrameEnd`.
   */
  take(step: Step): Assembly {
    const { header } = this.decoder;
    if (header.opcode !== Opcode.Continuation) this.isText = header.opcode === Opcode.Text;
    const isLast = step === Step.FrameEnd && header.fin;
    return this.isText ? this.takeText(isLast) : this.takeBinary(isLast);
  }

  /** Says that the decoder's chunk is used up: what was given out shares no memory with what follows. */
  endBurst(): void {
    this.memory.endBurst();
  }

  /** Lets go of everything. */
  discard(): void {
    this.gathered?.discard();
    this.gathered = this.gatheredText = undefined;
    this.memory.endBurst();
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
    this.gatheredText ??= new TextBuffer(text);
    if (!this.gatheredText.append(buffer, start, end)) return Assembly.InvalidText;
    if (!isLast) return Assembly.Partial;
    const message = this.gatheredText.take();
    this.gatheredText = undefined;
    return this.complete(message);
  }

  private takeBinary(isLast: boolean): Assembly {
    const { decoder, memory } = this;
    const { buffer, start, end, header } = decoder;
    if (isLast && this.gathered === undefined) {
      this.message = memory.copy(buffer, start, end, header.maskingKey, buffer.length - end);
      return Assembly.Complete;
    }
    const { remaining, phase } = decoder;
    this.gathered ??= new MessageBuffer(memory);
    const expected = Math.max(remaining, 0);
    this.gathered.append(buffer, start, end, expected, header.maskingKey, phase);
    if (!isLast) return Assembly.Partial;
    const message = this.gathered.take();
    this.gathered = undefined;
    return this.complete(message);
  }

  private complete(message: string | Uint8Array | undefined): Assembly {
    if (message === undefined) return Assembly.InvalidText;
    this.message = message;
    return Assembly.Complete;
  }
}
