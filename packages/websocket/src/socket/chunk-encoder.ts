import { noBytes, typeError, Utf8Validator, writeUtf8 } from "@framewright/codec/internal";
import { bytesOf } from "./check-message.ts";

/** Longest payload of a fragment in bytes, before compression: what may be queued at once. */
export const maxFragmentLength = 65_536;
/** A UTF-16 code unit takes at most three bytes in UTF-8. */
const maxTextLength = Math.floor(maxFragmentLength / 3) - 1;

/**
 * Turns the chunks of a source into the payloads of fragments. Text may be cut anywhere: a surrogate
 * pair may be split between two strings, and a character between two pieces of bytes.
 */
export class ChunkEncoder {
  /** Whether the message is text; undefined until the first chunk if the caller left it open. */
  isText: boolean | undefined;
  private readonly utf8 = new Utf8Validator();
  /** The first half of a surrogate pair whose second half may come in the next string. */
  private highSurrogate = "";

  constructor(isText: boolean | undefined) {
    this.isText = isText;
  }

  /**
   * Encodes a chunk.
   *
   * @param chunk - Bytes are borrowed, not modified: a payload may be a view of them.
   * @returns The payloads, none of them empty.
   * @throws TypeError if the chunk is neither bytes nor a string of a text, or is not UTF-8.
   */
  *encode(chunk: unknown): Generator<Uint8Array> {
    this.isText ??= typeof chunk === "string";
    if (typeof chunk === "string") {
      if (!this.isText) throw invalidChunk("a binary message must be bytes, got a string");
      for (let at = 0; at < chunk.length; at += maxTextLength) {
        const payload = this.encodeText(chunk.slice(at, at + maxTextLength));
        if (payload.length > 0) yield payload;
      }
      return;
    }
    const bytes = bytesOf(chunk);
    if (bytes === undefined) {
      throw invalidChunk(`a message must be a string or bytes, got ${typeof chunk}`);
    }
    if (bytes.length === 0) return;
    if (this.highSurrogate !== "") yield this.encodeText("", true);
    const { length } = bytes;
    for (let at = 0; at < length; at += maxFragmentLength) {
      if (bytes.length !== length)
        throw invalidChunk("a message must not be transferred or resized");
      const payload = bytes.subarray(at, at + maxFragmentLength);
      if (this.isText && !this.utf8.push(payload, 0, payload.length)) {
        throw invalidChunk("a text message must be valid UTF-8");
      }
      yield payload;
    }
  }

  /**
   * Returns the payload that is left at the end of the source.
   *
   * @throws TypeError if the text ends within a character.
   */
  end(): Uint8Array {
    if (!this.utf8.complete) throw invalidChunk("a text message must not end within a character");
    return this.highSurrogate === "" ? noBytes : this.encodeText("", true);
  }

  private encodeText(text: string, isEnd = false): Uint8Array {
    if (!this.utf8.complete) throw invalidChunk("a text message must be valid UTF-8");
    const whole = this.highSurrogate + text;
    const isCut = !isEnd && /[\ud800-\udbff]$/.test(whole);
    this.highSurrogate = isCut ? whole.slice(-1) : "";
    const complete = isCut ? whole.slice(0, -1) : whole;
    const bytes = new Uint8Array(complete.length * 3);
    return bytes.subarray(0, writeUtf8(complete, bytes, 0));
  }
}

function invalidChunk(what: string): TypeError {
  return typeError("WS_ERR_INVALID_ARGUMENT", `a chunk of ${what}`);
}
