import { isBlob, readBlob, type UsedBlob } from "../runtime/blob.ts";

/** A message to send. */
export type OutgoingMessage = string | Uint8Array | UsedBlob;

/** Sends messages in order, although the bytes of a `Blob` have to be read first. */
export class Outbox {
  /** Number of bytes of the messages that wait for a `Blob`. They keep counting after `discard`. */
  waiting = 0;
  private readonly messages: { data: OutgoingMessage; length: number }[] = [];
  private readonly send: (data: string | Uint8Array, length: number) => void;
  private readonly failed: (error: unknown) => void;
  private whenEmpty: (() => void) | undefined = undefined;
  private isDiscarded = false;

  /**
   * @param send - Gets each message and the length that `add` was called with.
   * @param failed - Called if a `Blob` cannot be read.
   */
  constructor(
    send: (data: string | Uint8Array, length: number) => void,
    failed: (error: unknown) => void,
  ) {
    this.send = send;
    this.failed = failed;
  }

  /**
   * Sends a message now, or after those that wait.
   *
   * @param data - Bytes are borrowed: they are copied if they have to wait.
   * @param length - Its length in bytes.
   */
  add(data: OutgoingMessage, length: number): void {
    if (this.messages.length === 0 && !isBlob(data)) return this.send(data, length);
    this.messages.push({ data: data instanceof Uint8Array ? data.slice() : data, length });
    this.waiting += length;
    if (this.messages.length === 1) this.sendAll().catch(this.failed);
  }

  /** Calls back when everything was sent, at once if nothing waits. */
  end(callback: () => void): void {
    if (this.messages.length === 0) callback();
    else this.whenEmpty = callback;
  }

  /** Sends nothing any more. */
  discard(): void {
    this.isDiscarded = true;
    this.messages.length = 0;
  }

  private async sendAll(): Promise<void> {
    while (this.messages.length > 0) {
      const { data, length } = this.messages[0];
      const content = isBlob(data) ? await readBlob(data) : data;
      if (this.isDiscarded) return;
      this.waiting -= length;
      this.send(content, length);
      this.messages.shift();
    }
    this.whenEmpty?.();
  }
}
