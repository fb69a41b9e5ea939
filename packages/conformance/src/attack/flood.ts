import { once } from "node:events";
import type { Socket } from "node:net";
import type { RawPeer } from "../raw-peer.ts";

/**
 * Reads and discards all further input, because a flood's answers are too many to keep.
 *
 * @param rest - Pause between two reads in milliseconds.
 */
export function dropInput({ socket }: RawPeer, rest = 0): void {
  socket.removeAllListeners("data");
  socket.on("data", () => {
    if (rest === 0) return;
    socket.pause();
    setTimeout(() => socket.resume(), rest);
  });
}

/**
 * Writes the same bytes repeatedly, as fast as the peer reads them.
 *
 * @param milliseconds - Duration of the flood.
 * @returns Number of bytes that the operating system accepted.
 */
export async function flood(
  { socket }: RawPeer,
  bytes: Uint8Array,
  milliseconds: number,
): Promise<number> {
  const ended = performance.now() + milliseconds;
  while (performance.now() < ended && socket.writable) await writeAll(socket, bytes);
  return socket.bytesWritten;
}

/** Writes, and waits until the socket accepts more. */
async function writeAll(socket: Socket, bytes: Uint8Array): Promise<void> {
  // Yield even if the socket accepts all bytes, so that this process's honest connections proceed.
  if (socket.write(bytes)) return new Promise((resolve) => setImmediate(resolve));
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(4_000)]);
  await Promise.race([once(socket, "drain", { signal }), once(socket, "close", { signal })]).catch(
    () => {},
  );
  over.abort();
}
