/** `Connection.send` copies messages of up to this many bytes, whether they are lent or not. */
export const maxCopiedLength = 65_536;

/** The memory of longer messages that were lent to the user. */
const lentMemory = new WeakSet<ArrayBufferLike>();

/** Records that the memory of a message may be overwritten once the message handler has returned. */
export function markLent({ buffer }: Uint8Array, messageLength: number): void {
  if (messageLength > maxCopiedLength) lentMemory.add(buffer);
}

/** Whether bytes are in memory that was lent, so that they must be copied to be sent later. */
export function isLent(bytes: Uint8Array): boolean {
  return lentMemory.has(bytes.buffer);
}
