/** Bytes that wait for those before them, at most: a window of TCP and more. */
const maxWaiting = 16_777_216;

/**
 * Puts the segments of one direction of a TCP connection in order (RFC 9293 section 3.4). Segments
 * may come twice, overlap and come in any order. The bytes of the first to come count.
 */
export class TcpStream {
  /** Sequence number of the next byte; undefined until the first segment. */
  private next: number | undefined = undefined;
  /** Segments behind a gap, by their distance from `base`. */
  private waiting: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  private waitingLength = 0;
  /** Number of bytes in order so far, so that distances do not wrap. */
  private position = 0;

  /** Whether bytes behind a gap are waiting. */
  get hasGap(): boolean {
    return this.waiting.length > 0;
  }

  /** Length of the gap before the first bytes that wait. */
  get gapLength(): number {
    return this.waiting.length === 0 ? 0 : this.waiting[0].at - this.position;
  }

  /**
   * Takes a segment.
   *
   * @param bytes - Retained while they wait, not modified.
   * @returns The bytes that are in order now, in pieces. Undefined if so many wait that the gap will
   *   not be filled.
   */
  push(sequence: number, isSyn: boolean, bytes: Uint8Array): Uint8Array[] | undefined {
    // A SYN takes the sequence number before the first byte.
    const first = (sequence + (isSyn ? 1 : 0)) >>> 0;
    if (isSyn && this.position === 0) this.next = first;
    this.next ??= first;
    const at = this.position + signedDistance(this.next, first);
    if (bytes.length > 0 && at + bytes.length > this.position) this.keep(at, bytes);
    if (this.waitingLength > maxWaiting) return undefined;
    return this.takeInOrder();
  }

  private keep(at: number, bytes: Uint8Array): void {
    const { waiting } = this;
    let index = waiting.length;
    while (index > 0 && waiting[index - 1].at > at) index--;
    waiting.splice(index, 0, { at, bytes });
    this.waitingLength += bytes.length;
  }

  private takeInOrder(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    const { waiting } = this;
    let count = 0;
    for (; count < waiting.length && waiting[count].at <= this.position; count++) {
      const { at, bytes } = waiting[count];
      this.waitingLength -= bytes.length;
      const fresh = bytes.subarray(this.position - at);
      if (fresh.length === 0) continue;
      pieces.push(fresh);
      this.position += fresh.length;
      this.next = ((this.next ?? 0) + fresh.length) >>> 0;
    }
    waiting.splice(0, count);
    return pieces;
  }
}

/** How far a sequence number is after another, modulo 2^32: negative if it is before it. */
function signedDistance(from: number, to: number): number {
  return (to - from) | 0;
}
