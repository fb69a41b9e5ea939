import type { ClientResult, Mode } from "../subject-types.ts";

/**
 * Number of messages in the burst and the length of each in bytes: more than `for await` queues.
 */
export const numberedCount = 670;
export const numberedLength = 100;

/** Returns the message with a number, different from all others. */
export function numbered(number: number): Uint8Array {
  const message = new Uint8Array(numberedLength).fill(number & 0xff);
  new DataView(message.buffer).setUint32(0, number);
  return message;
}

/** Reads all numbered messages, transfers the memory of each, and reports the corrupted ones. */
export async function takeNumbered(
  socket: AsyncIterable<string | Uint8Array>,
): Promise<ClientResult> {
  // Wait until the whole burst is queued.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const wrong: string[] = [];
  let count = 0;
  for await (const message of socket) {
    const bytes = message as Uint8Array<ArrayBuffer>;
    const expected = numbered(count);
    const isRight =
      bytes.length === expected.length && expected.every((octet, index) => bytes[index] === octet);
    if (!isRight)
      wrong.push(`message ${count} has ${bytes.length} bytes, the first of them ${bytes[0]}`);
    if (!bytes.buffer.detached) bytes.buffer.transfer();
    if (++count === numberedCount) break;
  }
  return { wrong: wrong.slice(0, 10), count };
}

/** Reads with `for await` and sends the result. */
export const iterating: Mode = ({ note }) => ({
  async open(socket) {
    socket.send(JSON.stringify(await takeNumbered(socket)));
    note("all taken");
  },
});
