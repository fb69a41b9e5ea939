import { typeError } from "@framewright/codec/internal";
import type { UsedReadable, UsedReader } from "../runtime/web-streams.ts";

/** What `sendStream` reads: chunks of one message. */
export type MessageSource<Chunk = string | ArrayBufferLike | ArrayBufferView> =
  | AsyncIterable<Chunk>
  | Iterable<Chunk>
  | { getReader(): { read(): Promise<{ done: boolean; value?: Chunk | undefined }> } };

/** Reads a source of either kind. */
export interface ChunkSource {
  /** Returns the next chunk. Rejects if the source fails. */
  next(): Promise<{ done?: boolean | undefined; value?: unknown }>;
  /** Gives the source up. Its errors do not matter any more. */
  cancel(reason: unknown): void;
}

/**
 * Opens a source.
 *
 * @throws TypeError if it is none.
 */
export function openSource(source: unknown): ChunkSource {
  if (typeof source === "object" && source !== null) {
    // A stream's iterator waits for a pending read before it cancels. A reader cancels at once.
    if ("getReader" in source) return readerSource((source as UsedReadable<unknown>).getReader());
    if (Symbol.asyncIterator in source) {
      return iteratorSource((source as AsyncIterable<unknown>)[Symbol.asyncIterator]());
    }
    if (Symbol.iterator in source) {
      return iteratorSource((source as Iterable<unknown>)[Symbol.iterator]());
    }
  }
  const expected = "a ReadableStream, an async iterable or an iterable that is no string";
  throw typeError("WS_ERR_INVALID_ARGUMENT", `a source must be ${expected}, got ${typeof source}`);
}

function readerSource(reader: UsedReader<unknown>): ChunkSource {
  return {
    next: () => reader.read(),
    cancel: (reason) => ignore(() => reader.cancel(reason)),
  };
}

function iteratorSource(iterator: AsyncIterator<unknown> | Iterator<unknown>): ChunkSource {
  return {
    next: async () => iterator.next(),
    cancel: () => ignore(() => iterator.return?.()),
  };
}

function ignore(call: () => unknown): void {
  try {
    Promise.resolve(call()).catch(() => {});
  } catch {
    // The source failed while it was given up.
  }
}
