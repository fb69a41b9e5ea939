import type { HttpCoding } from "@framewright/codec/handshake";

/** What is used of `node:buffer` and `node:crypto`, which Node, Deno and Bun all have. */
interface Modules {
  readonly Buffer: {
    from(text: string, encoding: "latin1"): Uint8Array;
    readonly prototype: { latin1Slice(this: Uint8Array, start: number, end: number): string };
  };
  hash(algorithm: string, text: string, encoding: "base64"): string;
}

/** HTTP heads and their keys by native functions: of a handshake's time on Bun that was a fifth. */
export function bufferHttp({ Buffer, hash }: Modules): HttpCoding {
  const { latin1Slice } = Buffer.prototype;
  return {
    decodeLatin1: (bytes, start, end) => latin1Slice.call(bytes, start, end),
    encodeLatin1: (text) => Buffer.from(text, "latin1"),
    sha1: (text) => hash("sha1", text, "base64"),
  };
}
