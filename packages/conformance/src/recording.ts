import { readFrame } from "./frame-bytes.ts";
import type { RawPeer } from "./raw-peer.ts";

/**
 * Records all bytes received from now on, independent of other readers.
 *
 * @returns A function that returns the bytes recorded so far.
 */
export function record(peer: RawPeer): () => Buffer {
  const chunks: Buffer[] = [];
  // Copy, because other readers may unmask the bytes in place.
  peer.socket.on("data", (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
  return () => Buffer.concat(chunks);
}

/**
 * Returns a client's frames without the masking keys, which always differ, and with unmasked
 * payloads.
 */
export async function withoutMasks(bytes: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let start = 0;
  let end = 0;
  const take = async (length: number) => {
    if (end + length > bytes.length) return undefined;
    end += length;
    return bytes.subarray(end - length, end);
  };
  for (let frame = await readFrame(take); frame !== undefined; frame = await readFrame(take)) {
    const { masked, payload } = frame;
    const headerLength = end - start - payload.length - (masked ? 4 : 0);
    pieces.push(bytes.subarray(start, start + headerLength), Buffer.from(payload));
    start = end;
  }
  return Buffer.concat([...pieces, bytes.subarray(start)]);
}

/** Describes the first difference of two recordings; undefined if they are equal. */
export function firstDifference(one: Buffer, other: Buffer): string | undefined {
  if (one.equals(other)) return undefined;
  let at = 0;
  while (at < Math.min(one.length, other.length) && one[at] === other[at]) at++;
  const from = Math.max(at - 8, 0);
  const show = (bytes: Buffer) => `${bytes.toString("hex", from, at + 24)} of ${bytes.length}`;
  return `from byte ${from}: ${show(one)} and ${show(other)}`;
}
