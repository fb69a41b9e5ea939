import { type Bytes, copyBytes, noBytes } from "../bytes/bytes.ts";
import type { MessageBuffer } from "../bytes/message-buffer.ts";
import type { InflatedBytes } from "../deflate/inflated-bytes.ts";
import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import type { FrameDecoder } from "../frame/decoder.ts";
import { Opcode } from "../opcode.ts";
import type { TextCoding } from "../utf8.ts";
import { AssemblyResult } from "./assembly-result.ts";
import type { MessageMemory } from "./message-memory.ts";
import { TextBuffer } from "./text-buffer.ts";

/**
 * Delivers a long message in parts, as its bytes arrive, so that it is never held whole. A message
 * is long when more than `streamFrom` bytes of it were declared by frame headers or decompressed.
 * Text is validated on the way; a part never ends within a character.
 */
export class MessageParts {
  /** Whether the message in progress is delivered in parts. */
  isActive = false;
  /** After `AssemblyResult.Part`: the part, which the caller may keep. */
  message: string | Bytes = noBytes;
  /** After `AssemblyResult.Part`: whether the message ends with it. */
  isLast = false;
  /** Whether the decompressor has been given the end of the message. */
  isEndPushed = false;

  private readonly decoder: FrameDecoder;
  private readonly memory: MessageMemory;
  private readonly coding: TextCoding;
  private readonly streamFrom: number;
  private text: TextBuffer | undefined = undefined;
  /** How many bytes the frames of the message declare so far. */
  private declared = 0;
  private inflated = 0;

  /**
   * @param decoder - Retained, as are `memory` and `coding`.
   * @param streamFrom - In bytes.
   */
  constructor(
    decoder: FrameDecoder,
    memory: MessageMemory,
    coding: TextCoding,
    streamFrom: number,
  ) {
    this.decoder = decoder;
    this.memory = memory;
    this.coding = coding;
    this.streamFrom = streamFrom;
  }

  /** Counts the decoder's last step. Returns whether its message is delivered in parts. */
  count(): boolean {
    const { header, phase } = this.decoder;
    if (phase === 0) {
      if (header.opcode !== Opcode.Continuation) this.declared = this.inflated = 0;
      this.declared += header.payloadLength;
      if (this.declared > this.streamFrom) this.isActive = true;
    }
    return this.isActive;
  }

  /** Counts decompressed bytes. Returns whether the message is delivered in parts from now on. */
  countInflated(length: number): boolean {
    this.inflated += length;
    if (this.inflated > this.streamFrom) this.isActive = true;
    return this.isActive;
  }

  /**
   * Takes the decoder's last step, which belongs to uncompressed text.
   *
   * @param gathered - The text before it, if any. Retained until the end of the message.
   */
  takeText(isLast: boolean, gathered: TextBuffer | undefined): AssemblyResult {
    const isAscii = this.decoder.unmask();
    const { buffer, start, end } = this.decoder;
    return this.addText(gathered, buffer, start, end, isLast, isAscii);
  }

  /** Takes the decoder's last step, which belongs to an uncompressed binary message. */
  takeBinary(isLast: boolean, gathered: MessageBuffer | undefined): AssemblyResult {
    const { decoder } = this;
    decoder.unmask();
    const { buffer, start, end } = decoder;
    if (gathered === undefined) return this.deliver(copyBytes(buffer, start, end), isLast);
    const before = gathered.take();
    const part = new Uint8Array(before.length + end - start);
    part.set(before);
    part.set(buffer.subarray(start, end), before.length);
    return this.deliver(part, isLast);
  }

  /** Gives the decoder's last step, which belongs to a compressed message, to the decompressor. */
  pushCompressed(isLast: boolean, deflate: PerMessageDeflate): boolean {
    this.decoder.unmask();
    const { buffer, start, end } = this.decoder;
    this.isEndPushed = isLast;
    return deflate.push(buffer, start, end, this.memory, isLast);
  }

  /** Takes decompressed text. See `takeInflated` and `takeText`. */
  takeInflatedText(
    output: Uint8Array,
    length: number,
    isLast: boolean,
    gathered: TextBuffer | undefined,
  ): AssemblyResult {
    return this.addText(gathered, output, 0, length, isLast, false);
  }

  /**
   * Takes decompressed bytes of a binary message.
   *
   * @param output - Borrowed, not modified; read from index 0 to `length`.
   * @param isLast - Whether the message ends with them.
   * @param gathered - The bytes before them, if any.
   */
  takeInflated(
    output: Uint8Array,
    length: number,
    isLast: boolean,
    gathered: InflatedBytes | undefined,
  ): AssemblyResult {
    if (gathered === undefined) return this.deliver(copyBytes(output, 0, length), isLast);
    if (!gathered.append(output, length)) return AssemblyResult.NoMemory;
    return this.deliver(gathered.join(Number.POSITIVE_INFINITY) as Bytes, isLast);
  }

  /** Drops the message in progress. */
  discard(): void {
    this.text?.drop();
    this.text = undefined;
    this.message = noBytes;
    this.isActive = this.isEndPushed = false;
  }

  private addText(
    gathered: TextBuffer | undefined,
    bytes: Uint8Array,
    start: number,
    end: number,
    isLast: boolean,
    isAscii: boolean,
  ): AssemblyResult {
    this.text ??= gathered ?? new TextBuffer(this.coding, this.memory);
    const { text } = this;
    if (!text.append(bytes, start, end, isAscii)) {
      return text.isRefused ? AssemblyResult.NoMemory : AssemblyResult.InvalidText;
    }
    const part = isLast ? text.take() : text.takeDecoded();
    return part === undefined ? AssemblyResult.InvalidText : this.deliver(part, isLast);
  }

  private deliver(message: string | Bytes, isLast: boolean): AssemblyResult {
    if (message.length === 0 && !isLast) return AssemblyResult.Partial;
    if (isLast) this.discard();
    this.message = message;
    this.isLast = isLast;
    return AssemblyResult.Part;
  }
}
