const longestHead = 14;

/** Counts the messages in a byte stream by their frame headers (RFC 6455 section 5.2). */
export class FrameCounter {
  /** Complete messages. */
  messages = 0;
  /** Complete messages that were compressed (RFC 7692 section 6). */
  compressed = 0;
  private readonly head = new Uint8Array(longestHead);
  private headBytes = 0;
  /** Remaining bytes of the payload; -1 within a frame header. */
  private left = -1;
  private isCompressed = false;

  read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.left < 0) {
        this.head[this.headBytes++] = bytes[at++];
        this.readHead();
      } else {
        const taken = Math.min(this.left, bytes.length - at);
        this.left -= taken;
        at += taken;
      }
      if (this.left === 0) this.endFrame();
    }
  }

  private readHead(): void {
    const { head, headBytes } = this;
    if (headBytes < 2) return;
    const short = head[1] & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const maskingKey = (head[1] & 0x80) === 0 ? 0 : 4;
    if (headBytes < 2 + extended + maskingKey) return;
    let length = extended === 0 ? short : 0;
    for (let i = 0; i < extended; i++) length = length * 256 + head[2 + i];
    this.left = length;
  }

  private endFrame(): void {
    const [first] = this.head;
    this.left = -1;
    this.headBytes = 0;
    if ((first & 0x08) !== 0) return; // a control frame
    if ((first & 0x0f) !== 0) this.isCompressed = (first & 0x40) !== 0;
    if ((first & 0x80) === 0) return;
    this.messages++;
    if (this.isCompressed) this.compressed++;
  }
}
