/**
 * The runtime's Web Streams (https://streams.spec.whatwg.org), by the types of the program that uses
 * this package; what is used of them where the program has no such types.
 *
 * @module
 */

/** The used part of a reader. */
export interface UsedReader<T> {
  read(): Promise<{ done: boolean; value?: T | undefined }>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

/** The used part of a `ReadableStream`. */
export interface UsedReadable<T> extends AsyncIterable<T> {
  getReader(): UsedReader<T>;
  cancel(reason?: unknown): Promise<void>;
}

/** The used part of a `WritableStream`. */
export interface UsedWritable<T> {
  getWriter(): {
    readonly ready: Promise<void>;
    readonly closed: Promise<void>;
    write(chunk: T): Promise<void>;
    close(): Promise<void>;
    abort(reason?: unknown): Promise<void>;
    releaseLock(): void;
  };
  close(): Promise<void>;
  abort(reason?: unknown): Promise<void>;
}

/** The runtime's `ReadableStream`. */
export type RuntimeReadable<T> = typeof globalThis extends {
  ReadableStream: { prototype: infer Stream };
}
  ? Stream & AsyncIterable<T>
  : UsedReadable<T>;

/** The runtime's `WritableStream`. */
export type RuntimeWritable<T> = typeof globalThis extends {
  WritableStream: { prototype: infer Stream };
}
  ? Stream
  : UsedWritable<T>;

export interface ReadableController<T> {
  enqueue(chunk: T): void;
  close(): void;
  error(reason: unknown): void;
}

export interface WritableController {
  error(reason: unknown): void;
}

interface StreamGlobals {
  ReadableStream: new <T>(
    source: {
      start?(controller: ReadableController<T>): void;
      pull?(): Promise<void> | undefined;
      cancel?(reason: unknown): Promise<void> | undefined;
    },
    strategy: { highWaterMark: number },
  ) => UsedReadable<T>;
  WritableStream: new <T>(
    sink: {
      start?(controller: WritableController): void;
      write?(chunk: T): Promise<unknown> | undefined;
      close?(): Promise<unknown> | undefined;
      abort?(reason: unknown): Promise<unknown> | undefined;
    },
    strategy: { highWaterMark: number },
  ) => UsedWritable<T>;
}

/** The runtime's stream classes. Node, Deno and Bun all have them. */
export const streamGlobals = globalThis as unknown as StreamGlobals;
