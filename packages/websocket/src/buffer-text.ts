import { decodeShortAscii, standardTextDecoding, type TextDecoding } from "@framewright/codec";

type Slice = (this: Uint8Array, start: number, end: number) => string;

/** What is used of `node:buffer`, which Node, Deno and Bun all have. */
export interface BufferModule {
  readonly Buffer: { readonly prototype: { latin1Slice: Slice; utf8Slice: Slice } };
  isAscii(bytes: Uint8Array): boolean;
  isUtf8(bytes: Uint8Array): boolean;
}

/** Up to this many bytes a loop is faster than a native call. */
const shortLength = 12;
/** From this many bytes on, two native calls that only look are faster than one that decodes as it validates. */
const longLength = 256;

/**
 * Text by the native functions of `node:buffer`: up to ten times as fast as `TextDecoder` on Deno,
 * twice on Node and Bun.
 */
export function bufferText({ Buffer, isAscii, isUtf8 }: BufferModule): TextDecoding {
  const { latin1Slice, utf8Slice } = Buffer.prototype;
  return {
    decodeAscii(bytes, start, end) {
      if (end - start <= shortLength) return decodeShortAscii(bytes, start, end);
      return latin1Slice.call(bytes, start, end);
    },
    decodeUtf8(bytes, start, end) {
      if (end - start < longLength) return standardTextDecoding.decodeUtf8(bytes, start, end);
      const view = bytes.subarray(start, end);
      if (isAscii(view)) return latin1Slice.call(bytes, start, end);
      return isUtf8(view) ? utf8Slice.call(bytes, start, end) : undefined;
    },
  };
}
