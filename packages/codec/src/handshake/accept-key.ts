import { standardHttpCoding } from "./http-coding.ts";

/** The GUID of RFC 6455 section 1.3. */
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * 16 bytes in base64. The last character before the padding carries only 2 bits of them. Its other
 * bits may be set, as in an example of RFC 6455 section 4.1.
 */
const keyPattern = /^[A-Za-z0-9+/]{22}==$/;

/** Tells whether a `Sec-WebSocket-Key` encodes 16 bytes in base64 (RFC 6455 section 4.2.1). */
export function isValidKey(key: string): boolean {
  return keyPattern.test(key);
}

/**
 * Computes the `Sec-WebSocket-Accept` for a key (RFC 6455 section 4.2.2).
 *
 * @param key - The `Sec-WebSocket-Key` as sent, in ASCII.
 * @param coding - Computes its SHA-1.
 *
 * @example
 * computeAcceptKey("dGhlIHNhbXBsZSBub25jZQ=="); // "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
 */
export function computeAcceptKey(key: string, coding = standardHttpCoding): string {
  return coding.sha1(key + guid);
}
