import { decodeShortAscii, type TextCoding, writeShortAscii } from "@framewright/codec";

type Slice = (this: Uint8Array, start: number, end: number) => string;
type Write = (this: Uint8Array, text: string, offset: number, length: number) => number;

/** What is used of `node:buffer`, which Node, Deno and Bun all have. */
export interface BufferModule {
  readonly Buffer: {
    readonly prototype: { latin1Slice: Slice; utf8Slice: Slice; utf8Write: Write };
    byteLength(text: string): number;
  };
  isAscii(bytes: Uint8Array): boolean;
  isUtf8(bytes: Uint8Array): boolean;
}

/** Up to this many bytes a loop is faster than a native call. */
const shortLength = 12;
/** From this many bytes on, it is worth a native call to find out whether all of them are ASCII. */
const longLength = 256;

/**
 * Text by the native functions of `node:buffer`: up to ten times as fast as `TextDecoder` on Deno,
 * twice on Node and Bun.
 *
 * @param shortWritten - Up to this many characters are written by a loop, if they are ASCII.
 */
export function bufferText(
  { Buffer, isAscii, isUtf8 }: BufferModule,
  shortWritten = 24,
): TextCoding {
  const { latin1Slice, utf8Slice, utf8Write } = Buffer.prototype;
  return {
    decodeAscii(bytes, start, end) {
      if (end - start <= shortLength) return decodeShortAscii(bytes, start, end);
      return latin1Slice.call(bytes, start, end);
    },
    decodeUtf8(bytes, start, end) {
      const view = bytes.subarray(start, end);
      if (end - start >= longLength && isAscii(view)) return latin1Slice.call(bytes, start, end);
      return isUtf8(view) ? utf8Slice.call(bytes, start, end) : undefined;
    },
    utf8Length: (text) => Buffer.byteLength(text),
    writeUtf8(text, bytes, offset) {
      if (text.length <= shortWritten && writeShortAscii(text, bytes, offset)) return text.length;
      return utf8Write.call(bytes, text, offset, bytes.length - offset);
    },
  };
}
