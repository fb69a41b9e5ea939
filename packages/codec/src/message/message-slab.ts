import { noBytes } from "../bytes/bytes.ts";

/** Most bytes of one slab: also what one message can keep alive at most. */
const maxLength = 4_096;
/** Most messages of the length of a slab's first that share it. */
const maxMessages = 16;

/**
 * Memory for short messages that come to one connection one by one. Each slab is twice as large as
 * the last, so that a connection to which hardly anything comes holds hardly anything.
 */
export class MessageSlab {
  private slab = noBytes;
  private used = 0;
  /** The length of the last slab, which is let go of when it is full. */
  private length = 0;

  /**
   * Takes memory for one message.
   *
   * @param length - 1 to 1,024, in bytes.
   * @returns Zeros that are the caller's to keep; `buffer` holds other messages too.
   */
  take(length: number): Uint8Array {
    // Its length is 0 when the user has given it away.
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
