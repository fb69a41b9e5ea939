import type { ClientResult } from "../client-subject.ts";
import type { Mode } from "../subject.ts";

/** Messages of the burst, and the length of each in bytes: more of them than wait for `for await`. */
export const numberedCount = 670;
export const numberedLength = 100;

/** A message of its own for each number. */
export function numbered(number: number): Uint8Array {
  const message = new Uint8Array(numberedLength).fill(number & 0xff);
  new DataView(message.buffer).setUint32(0, number);
  return message;
}

/** Takes all numbered messages, gives the memory of each away, and says which were not whole. */
export async function takeNumbered(
  socket: AsyncIterable<string | Uint8Array>,
): Promise<ClientResult> {
  // Until the whole burst waits.
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

/** Reads with `for await`, and sends what came of it. */
export const iterating: Mode = ({ note }) => ({
  async open(socket) {
    socket.send(JSON.stringify(await takeNumbered(socket)));
    note("all taken");
  },
});
