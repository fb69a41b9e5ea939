import { copyBytes } from "../bytes/bytes.ts";
import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { FrameBit } from "../frame/header.ts";
import type { PreparedMessage } from "../message/prepared-message.ts";
import { Opcode } from "../opcode.ts";
import type { FrameSink } from "./compression-queue.ts";
import { queueFrame } from "./output-frames.ts";

/** Something that waits for its turn: a message, or the start of another fragmented one. */
export type HeldMessage = string | Uint8Array | PreparedMessage | (() => void);

interface Waiting {
  readonly message: HeldMessage;
  /** The next in the queue. A linked list, because `shift` on a long array moves all the others. */
  next: Waiting | undefined;
}

/**
 * A message that is sent in fragments (RFC 6455 section 5.4), and the messages that wait until it is
 * complete, because fragments of different messages must not be interleaved.
 */
export class FragmentedMessage {
  /** Length of the messages that wait: bytes, or UTF-16 code units of text. */
  heldLength = 0;
  private readonly sink: FrameSink;
  private readonly deflate: PerMessageDeflate | undefined;
  private isStarted = false;
  private isCompressed = false;
  private first: Waiting | undefined = undefined;
  private last: Waiting | undefined = undefined;

  /** Retains its arguments. */
  constructor(sink: FrameSink, deflate: PerMessageDeflate | undefined) {
    this.sink = sink;
    this.deflate = deflate;
  }

  /**
   * Queues the next fragment, compressed if permessage-deflate was negotiated.
   *
   * @param bytes - Copied. Not empty, unless `isLast`.
   */
  queue(bytes: Uint8Array, isText: boolean, isLast: boolean): void {
    const { sink, deflate } = this;
    let firstByte: number = isLast ? FrameBit.Fin : 0;
    if (!this.isStarted) {
      this.isStarted = true;
      this.isCompressed =
        deflate !== undefined &&
        deflate.threshold !== Number.POSITIVE_INFINITY &&
        deflate.startLong();
      firstByte |= isText ? Opcode.Text : Opcode.Binary;
      if (this.isCompressed) firstByte |= FrameBit.Rsv1;
    }
    const payload = this.isCompressed
      ? (deflate as PerMessageDeflate).compressFragment(bytes, 0, bytes.length, isLast)
      : bytes;
    queueFrame(sink.output, firstByte, payload, sink.nextMaskingKey());
  }

  /** Adds a message that waits. Bytes are copied, a prepared message is retained. */
  hold(message: HeldMessage): void {
    const held = message instanceof Uint8Array ? copyBytes(message, 0, message.length) : message;
    const waiting: Waiting = { message: held, next: undefined };
    if (this.last === undefined) this.first = waiting;
    else this.last.next = waiting;
    this.last = waiting;
    this.heldLength += lengthOf(message);
  }

  /** Removes the first message that waits; undefined if there is none. */
  release(): HeldMessage | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.first = first.next;
    if (this.first === undefined) this.last = undefined;
    this.heldLength -= lengthOf(first.message);
    return first.message;
  }

  /** Prepares for the first fragment of the next message. Those that wait stay. */
  restart(): void {
    this.isStarted = this.isCompressed = false;
  }
}

function lengthOf(message: HeldMessage): number {
  if (typeof message === "function") return 0;
  return typeof message === "object" && "frame" in message ? message.frame.length : message.length;
}
