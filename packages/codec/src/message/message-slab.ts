import { type Bytes, noBytes } from "../bytes/bytes.ts";

/** Length of the longest slab in bytes. One message keeps its whole slab alive. */
const maxLength = 4_096;
/** A slab is at most this many times as long as its first message. */
const maxMessages = 16;

/**
 * Memory for short messages that arrive one at a time on one connection. Each slab is twice as long
 * as the previous one, so that a connection with little traffic holds little memory.
 */
export class MessageSlab {
  private slab = noBytes;
  private used = 0;
  /** Length of the last slab. The slab itself is dropped once it is full. */
  private length = 0;

  /**
   * Takes memory for one message.
   *
   * @param length - 1 to 1,024, in bytes.
   * @returns Zeros that the caller may keep. Their `buffer` holds other messages as well.
   */
  take(length: number): Bytes {
    // Its length is 0 if the user has transferred its memory.
    if (this.used + length > this.slab.length) this.replace(length);
    const { slab, used } = this;
    this.used = used + length;
    if (this.used === slab.length) this.slab = noBytes;
    return new Uint8Array(slab.buffer, used, length);
  }

  private replace(length: number): void {
    const most = Math.min(length * maxMessages, maxLength);
    this.length = Math.min(Math.max(this.length * 2, length), most);
    this.slab = new Uint8Array(this.length);
    this.used = 0;
  }
}
