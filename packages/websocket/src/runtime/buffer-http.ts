import type { Bytes } from "@framewright/codec";
import type { HttpCoding } from "@framewright/codec/handshake";

/** The used parts of `node:buffer` and `node:crypto`, which Node, Deno and Bun all have. */
interface Modules {
  readonly Buffer: {
    from(text: string, encoding: "latin1"): Bytes;
    readonly prototype: { latin1Slice(this: Uint8Array, start: number, end: number): string };
  };
  hash(algorithm: string, text: string, encoding: "base64"): string;
}

/**
 * Codes HTTP heads and hashes handshake keys with native functions. On Bun this saves a fifth of
 * the time of a handshake.
 */
export function bufferHttp({ Buffer, hash }: Modules): HttpCoding {
  const { latin1Slice } = Buffer.prototype;
  return {
    decodeLatin1: (bytes, start, end) => latin1Slice.call(bytes, start, end),
    encodeLatin1: (text) => Buffer.from(text, "latin1"),
    sha1: (text) => hash("sha1", text, "base64"),
  };
}
