import type { Bytes } from "@framewright/codec";

/**
 * A received message: text as a string, a binary message as bytes. Their memory is never shared, so
 * that `new Blob([data])`, `new Response(data)` and `crypto.subtle.digest` take it.
 */
export type Message = string | Bytes;

/** The queue is full from this size on, in bytes or UTF-16 code units. The peer is then paused. */
const fullSize = 65_536;

/**
 * The peer is resumed when the queue has shrunk to this size: what was received beyond a full queue
 * is copied each time, so that refilling it with one message would cost more than the message.
 */
const spaceSize = fullSize / 2;

/** Messages that wait for `for await`. */
export class MessageQueue implements AsyncIterator<Message, undefined> {
  private readonly messages: Message[] = [];
  private readonly readers: ((result: IteratorResult<Message, undefined>) => void)[] = [];
  private size = 0;
  private ended = false;
  /** Whether a message was dropped. What follows would look complete without it. */
  private hasDropped = false;
  private readonly onSpace: () => void;

  /** @param onSpace - Called when the queue has shrunk to half of its full size. */
  constructor(onSpace: () => void) {
    this.onSpace = onSpace;
  }

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  get full(): boolean {
    return this.size >= fullSize;
  }

  /**
   * Adds a message, or passes it to the first waiting reader. Drops a message that comes while the
   * queue is full, and all that follow.
   */
  push(message: Message): void {
    this.hasDropped ||= this.full;
    if (this.hasDropped) return;
    const reader = this.readers.shift();
    if (reader !== undefined) {
      reader({ value: message, done: false });
      return;
    }
    this.messages.push(message);
    this.size += weight(message);
  }

  /** Ends the queue: no message will be added. Messages that it holds can still be read. */
  end(): void {
    this.ended = true;
    for (const reader of this.readers.splice(0)) reader({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    const message = this.messages.shift();
    if (message !== undefined) {
      const hadSpace = this.size <= spaceSize;
      this.size -= weight(message);
      if (!hadSpace && this.size <= spaceSize) this.onSpace();
      return Promise.resolve({ value: message, done: false });
    }
    if (this.ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.readers.push(resolve));
  }
}

/** Each message counts as 64 more, so that the number of empty messages is limited as well. */
function weight(message: Message): number {
  return message.length + 64;
}
