/**
 * Reads a server's frames (RFC 6455 section 5.2) from chunks. Unfragmented messages only: the server
 * does not fragment.
 */
export class FrameParser {
  private readonly take: (opcode: number, payload: Uint8Array) => void;
  private chunks: Uint8Array[] = [];
  private available = 0;
  /** Bytes that are needed for the next step. */
  private needed = 2;

  /** @param take - Called with each frame. The payload is its own to keep. */
  constructor(take: (opcode: number, payload: Uint8Array) => void) {
    this.take = take;
  }

  /** @param bytes - Retained. */
  push(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.available += bytes.length;
    // A long frame is put together once it is complete.
    if (this.available < this.needed) return;
    let all = this.chunks.length === 1 ? bytes : Buffer.concat(this.chunks);
    for (;;) {
      this.needed = frameLength(all);
      if (all.length < this.needed) break;
      const head = headLength(all);
      if ((all[0] & 0xf0) !== 0x80 || (all[1] & 0x80) !== 0) throw new Error("not a whole message");
      const frame = all.subarray(0, this.needed);
      all = all.subarray(this.needed);
      this.take(frame[0] & 0x0f, frame.slice(head));
    }
    this.chunks = all.length === 0 ? [] : [all];
    this.available = all.length;
  }
}

function headLength(bytes: Uint8Array): number {
  const length = bytes[1] & 0x7f;
  return length < 126 ? 2 : length === 126 ? 4 : 10;
}

/** Returns the length of the frame, or of what is needed to know it. */
function frameLength(bytes: Uint8Array): number {
  if (bytes.length < 2) return 2;
  const head = headLength(bytes);
  if (bytes.length < head) return head;
  if (head === 2) return 2 + (bytes[1] & 0x7f);
  let length = 0;
  for (let index = 2; index < head; index++) length = length * 256 + bytes[index];
  return head + length;
}
