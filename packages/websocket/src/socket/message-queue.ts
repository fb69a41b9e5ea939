/** A text message or a binary one. */
export type Message = string | Uint8Array;

/** With more than this waiting, in bytes or UTF-16 units, the peer is paused. */
const fullSize = 65_536;

/** Messages on their way to `for await`. */
export class MessageQueue implements AsyncIterator<Message, undefined> {
  private readonly messages: Message[] = [];
  private readonly readers: ((result: IteratorResult<Message, undefined>) => void)[] = [];
  private size = 0;
  private ended = false;
  private readonly onSpace: () => void;

  /** @param onSpace - Called when a message was taken from a queue that was full. */
  constructor(onSpace: () => void) {
    this.onSpace = onSpace;
  }

  get full(): boolean {
    return this.size >= fullSize;
  }

  /** Adds a message; a reader that waits gets it at once. */
  push(message: Message): void {
    const reader = this.readers.shift();
    if (reader !== undefined) {
      reader({ value: message, done: false });
      return;
    }
    this.messages.push(message);
    this.size += weight(message);
  }

  /** No message will be added. Those that wait can still be taken. */
  end(): void {
    this.ended = true;
    for (const reader of this.readers.splice(0)) reader({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    const message = this.messages.shift();
    if (message !== undefined) {
      const wasFull = this.full;
      this.size -= weight(message);
      if (wasFull && !this.full) this.onSpace();
      return Promise.resolve({ value: message, done: false });
    }
    if (this.ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.readers.push(resolve));
  }
}

/** An empty message counts too, or any number of them could wait. */
function weight(message: Message): number {
  return message.length + 64;
}
