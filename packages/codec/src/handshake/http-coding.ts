import type { Bytes } from "../bytes/bytes.ts";
import { decodeLatin1, encodeLatin1 } from "./header-values.ts";
import { sha1 } from "./sha1.ts";

/** Latin-1 coding and SHA-1. Most runtimes have faster functions than the standard ones. */
export interface HttpCoding {
  /**
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns One character for each byte.
   */
  decodeLatin1(bytes: Uint8Array, start: number, end: number): string;
  /** See the function `encodeLatin1`. */
  encodeLatin1(text: string): Bytes;
  /**
   * @param text - ASCII.
   * @returns Its SHA-1 in base64.
   */
  sha1(text: string): string;
}

/**
 * Standard JavaScript. For the first 500 handshakes, until the engine has optimised SHA-1, that takes
 * 7 to 20 us each, then 1 to 3 us. A runtime's own takes 0.3 to 1.8 us.
 */
export const standardHttpCoding: HttpCoding = {
  decodeLatin1,
  encodeLatin1,
  sha1: (text) => encodeBase64(sha1(encodeLatin1(text))),
};

const globals = globalThis as unknown as { btoa(binary: string): string };

/**
 * Encodes bytes in base64.
 *
 * @param bytes - Borrowed, not modified.
 */
export function encodeBase64(bytes: Uint8Array): string {
  return globals.btoa(decodeLatin1(bytes, 0, bytes.length));
}
