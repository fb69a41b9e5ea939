/** `Connection.send` copies binary messages of up to this many bytes, borrowed or not. */
export const maxCopiedLength = 65_536;

/** The memory of borrowed messages of more than `maxCopiedLength` bytes. */
const lentMemory = /* @__PURE__ */ new WeakSet<ArrayBufferLike>();

/** Records that a message is borrowed: its memory may be overwritten after the message handler. */
export function markLent(bytes: Uint8Array, messageLength: number): void {
  if (messageLength > maxCopiedLength) lentMemory.add(bytes.buffer);
}

/** Tells whether bytes are in the memory of a borrowed message: a queue must copy them. */
export function isLent(bytes: Uint8Array): boolean {
  return lentMemory.has(bytes.buffer);
}
