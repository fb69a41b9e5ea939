import {
  type ReadableController,
  type RuntimeReadable,
  streamGlobals,
} from "../runtime/web-streams.ts";
import { IncompleteMessageError } from "./incomplete-message-error.ts";
import type { Message } from "./message-queue.ts";

/** The stream is full from this size on, in bytes or UTF-16 code units. The peer is then paused. */
const fullSize = 65_536;

/**
 * A long message as a stream of its parts. It holds those that nobody has read yet, about 64 KiB of
 * them, and tells when the next may come.
 */
export class IncomingStream {
  readonly stream: RuntimeReadable<Message>;
  private readonly onSpace: () => void;
  private controller!: ReadableController<Message>;
  private readonly parts: Message[] = [];
  private size = 0;
  private isComplete = false;
  /** Whether nobody will read any more: the stream was cancelled, closed or has failed. */
  private isOver = false;
  /** Called with the next part or the end, if a reader waits. */
  private pulled: (() => void) | undefined = undefined;

  /** @param onSpace - Called when a stream that was not `isReady` is. */
  constructor(onSpace: () => void) {
    this.onSpace = onSpace;
    this.stream = new streamGlobals.ReadableStream<Message>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () => this.pull(),
        cancel: () => {
          this.discard();
          return undefined;
        },
      },
      { highWaterMark: 0 },
    ) as RuntimeReadable<Message>;
  }

  /**
   * Whether the session may continue: with the next part while there is room, with the next message
   * once all parts were read.
   */
  get isReady(): boolean {
    return this.isOver || (!this.isComplete && this.size < fullSize);
  }

  /**
   * Adds a part. It is dropped if nobody will read it.
   *
   * @param isLast - Whether the message ends with it.
   */
  push(part: Message, isLast: boolean): void {
    if (this.isOver) return;
    if (this.size >= fullSize) {
      // After our Close frame the peer is not paused, because its Close frame is behind the message.
      const message = "the connection was closed before the message was read";
      return this.fail(new IncompleteMessageError(message));
    }
    if (part.length > 0) this.parts.push(part);
    this.size += part.length;
    this.isComplete = isLast;
    const { pulled } = this;
    this.pulled = undefined;
    if (pulled === undefined) return;
    this.deliver();
    pulled();
  }

  /** Ends the stream with an error, before its message was complete. */
  fail(error: Error): void {
    if (this.isOver) return;
    this.controller.error(error);
    this.discard();
  }

  private pull(): Promise<void> | undefined {
    if (this.parts.length > 0 || this.isComplete) {
      this.deliver();
      return undefined;
    }
    return new Promise((resolve) => {
      this.pulled = resolve;
    });
  }

  private deliver(): void {
    const wasReady = this.isReady;
    const part = this.parts.shift();
    if (part !== undefined) {
      this.size -= part.length;
      this.controller.enqueue(part);
    }
    if (this.isComplete && this.parts.length === 0) {
      this.controller.close();
      this.isOver = true;
    }
    if (!wasReady && this.isReady) this.onSpace();
  }

  private discard(): void {
    const wasReady = this.isReady;
    this.isOver = true;
    this.parts.length = this.size = 0;
    this.pulled?.();
    this.pulled = undefined;
    if (!wasReady) this.onSpace();
  }
}

/** See `SocketSettings.createStream`. */
export function createStream(onSpace: () => void): IncomingStream {
  return new IncomingStream(onSpace);
}
