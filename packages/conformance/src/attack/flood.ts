import { once } from "node:events";
import type { Socket } from "node:net";
import type { RawPeer } from "../raw-peer.ts";

/**
 * Reads and drops all that comes from here on: a flood's answers are too many to keep.
 *
 * @param rest - How long not to read after each piece, in milliseconds.
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
 * Writes the same bytes over and over, as fast as the other side reads them.
 *
 * @param milliseconds - For how long.
 * @returns How many bytes the operating system took.
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

/** Writes, and waits until there is room for more. */
async function writeAll(socket: Socket, bytes: Uint8Array): Promise<void> {
  // A socket that takes all at once must not keep the honest connections of this process waiting.
  if (socket.write(bytes)) return new Promise((resolve) => setImmediate(resolve));
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(4_000)]);
  await Promise.race([once(socket, "drain", { signal }), once(socket, "close", { signal })]).catch(
    () => {},
  );
  over.abort();
}
