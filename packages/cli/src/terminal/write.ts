import { once } from "node:events";
import process from "node:process";

/** The used part of `process.stdout` and `process.stderr`. */
export type OutputStream = NodeJS.WriteStream;

/** Writes, and waits while the reader of the stream is slower than what is written. */
export async function writeAll(stream: OutputStream, data: string | Uint8Array): Promise<void> {
  if (!stream.write(data)) await once(stream, "drain");
}

/** Waits until everything that was written has left the process. */
export function flushed(stream: OutputStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

/** Ends the process quietly when nobody reads its output any more, as `| head` does. */
export function exitOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      process.exit(error.code === "EPIPE" ? 0 : 1);
    });
  }
}
