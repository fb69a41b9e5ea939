import { createReadStream } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import type { Socket } from "framewright";
import { CliError } from "../errors.ts";
import { type InputFormat, linesOf, messageOfLine } from "./input.ts";

/** Sends a message, and waits while the peer reads more slowly than it is sent to. */
export async function sendMessage(socket: Socket, data: string | Uint8Array): Promise<void> {
  if (socket.send(data) === "queued") await socket.drained;
}

/** Sends a file as one message, of which only some chunks are in memory at a time. */
export async function sendFile(socket: Socket, path: string, isText: boolean): Promise<void> {
  const stream = createReadStream(path);
  try {
    // The file is opened first: a message that has begun cannot be taken back.
    await new Promise((resolve, reject) => stream.once("open", resolve).once("error", reject));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError("WS_ERR_CLI_FILE", `cannot read ${path}: ${code}`, error);
  }
  await socket.sendStream(stream, { text: isText });
}

/** Sends the standard input. Resolves when it has ended or the connection is not open any more. */
export async function sendInput(socket: Socket, format: InputFormat): Promise<void> {
  const input = process.stdin as AsyncIterable<Uint8Array>;
  if (format === "text" || format === "binary") {
    await socket.sendStream(input, { text: format === "text" });
    return;
  }
  let number = 0;
  for await (const line of linesOf(input)) {
    number++;
    if (socket.readyState !== "open") return;
    await sendMessage(socket, messageOfLine(line, format, number));
  }
}

/**
 * Waits for messages until the time is over or the connection has ended, and closes it.
 *
 * @param wait - In milliseconds, or Infinity.
 */
export async function finish(socket: Socket, wait: number): Promise<void> {
  if (wait > 0) {
    const timer = new AbortController();
    const end = wait === Number.POSITIVE_INFINITY ? socket.closed : delayed(wait, timer.signal);
    await Promise.race([socket.closed, end]);
    timer.abort();
  }
  socket.close(1000);
}

async function delayed(time: number, signal: AbortSignal): Promise<void> {
  await delay(time, undefined, { signal }).catch(() => {});
}
