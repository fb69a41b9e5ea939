import { typeError } from "../errors.ts";

/**
 * Checks that an empty array still has its memory. An array whose memory was transferred, or has
 * shrunk so that the array lies outside, has length 0, but was not meant to be empty.
 *
 * @throws TypeError if its memory was transferred or has shrunk.
 */
export function checkAttached(data: string | Uint8Array): void {
  if (typeof data === "string") return;
  try {
    data.at(0); // throws if the array has lost its memory
  } catch {
    const message = "the memory of the bytes to send was transferred or has shrunk";
    throw typeError("WS_ERR_DETACHED_BYTES", message);
  }
}
