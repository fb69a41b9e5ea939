import { type CloseInfo, InvalidStateError } from "@framewright/codec";
import {
  type ReadableController,
  type RuntimeReadable,
  type RuntimeWritable,
  streamGlobals,
  type WritableController,
} from "../runtime/web-streams.ts";
import { incompleteError } from "./incomplete-message-error.ts";
import type { Message, MessageQueue } from "./message-queue.ts";

/** What the writable stream of a socket calls. */
export interface WritableSink<T> {
  /** Resolves when the next may be written; to false if the socket is closing or closed. */
  write(chunk: T): Promise<boolean>;
  close(): void;
  abort(reason: unknown): void;
}

/** How streams tell the end of a connection. By default unclean ends are errors. */
export interface StreamErrors {
  /** Returns why the readable stream fails; undefined if it closes. */
  readError(info: CloseInfo): unknown;
  writeError(info: CloseInfo): unknown;
}

const socketErrors: StreamErrors = {
  readError: ({ wasClean, error }) =>
    wasClean ? undefined : incompleteError("the connection was lost", error),
  writeError: () => new InvalidStateError("the socket is closed"),
};

/**
 * Makes the readable stream of a socket.
 *
 * @param closed - Resolves when the connection has ended and `messages` with it.
 * @param cancel - Called when the stream is cancelled.
 */
export function readableOf(
  messages: MessageQueue,
  closed: Promise<CloseInfo>,
  cancel: (reason: unknown) => void,
  { readError }: Pick<StreamErrors, "readError"> = socketErrors,
): RuntimeReadable<Message> {
  let isOver = false;
  let endError: unknown;
  let controller!: ReadableController<Message>;
  const pull = async () => {
    const { done, value } = await messages.next();
    if (isOver) return;
    if (done !== true) return controller.enqueue(value);
    if (endError !== undefined) controller.error(endError);
  };
  const end = async (info: CloseInfo) => {
    endError = readError(info);
    if (endError !== undefined) {
      // An error discards what the stream holds, so that it comes after the last message.
      if (messages.isEmpty && !isOver) controller.error(endError);
      return;
    }
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      if (!isOver) controller.enqueue(next.value);
    }
    if (isOver) return;
    isOver = true;
    controller.close();
  };
  return new streamGlobals.ReadableStream<Message>(
    {
      start: (created) => {
        controller = created;
        closed.then(end);
      },
      pull,
      cancel: async (reason) => {
        isOver = true;
        cancel(reason);
        // The peer's Close frame is behind its messages, which nobody reads any more.
        while ((await messages.next()).done !== true);
      },
    },
    { highWaterMark: 0 },
  ) as RuntimeReadable<Message>;
}

/**
 * Makes the writable stream of a socket.
 *
 * @param closed - Resolves when the connection has ended.
 */
export function writableOf<T>(
  closed: Promise<CloseInfo>,
  sink: WritableSink<T>,
  { writeError }: Pick<StreamErrors, "writeError"> = socketErrors,
): RuntimeWritable<T> {
  let isWriting = false;
  let end = () => {};
  return new streamGlobals.WritableStream<T>(
    {
      start: (controller: WritableController) => {
        closed.then((info) => {
          end = () => controller.error(writeError(info));
          // The error of a write that was not done is the stream's.
          if (!isWriting) end();
        });
      },
      write: async (chunk) => {
        isWriting = true;
        try {
          if (!(await sink.write(chunk))) throw new InvalidStateError("the socket is closing");
          end();
        } finally {
          isWriting = false;
        }
      },
      close: async () => {
        sink.close();
        const info = await closed;
        if (!info.wasClean) throw writeError(info);
      },
      abort: async (reason) => sink.abort(reason),
    },
    { highWaterMark: 1 },
  ) as RuntimeWritable<T>;
}
