import { readFrame } from "./frame-bytes.ts";
import type { RawPeer } from "./raw-peer.ts";

/**
 * Records what comes from now on, whoever takes it.
 *
 * @returns Gives what has come so far.
 */
export function record(peer: RawPeer): () => Buffer {
  const chunks: Buffer[] = [];
  // Copies, because whoever takes the bytes may unmask them in place.
  peer.socket.on("data", (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
  return () => Buffer.concat(chunks);
}

/** A client's frames without the masking keys, which are never the same, and with plain payloads. */
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

/** Says where two recordings differ first, with what is there; undefined when they are the same. */
export function firstDifference(one: Buffer, other: Buffer): string | undefined {
  if (one.equals(other)) return undefined;
  let at = 0;
  while (at < Math.min(one.length, other.length) && one[at] === other[at]) at++;
  const from = Math.max(at - 8, 0);
  const show = (bytes: Buffer) => `${bytes.toString("hex", from, at + 24)} of ${bytes.length}`;
  return `from byte ${from}: ${show(one)} and ${show(other)}`;
}
