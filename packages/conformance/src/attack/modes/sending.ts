import { prepare } from "@framewright/websocket";
import type { Mode, SubjectSocket } from "../subject.ts";

/** How many messages go through a queue that is never empty, and how long each is, in bytes. */
export const streamedCount = 200_000;
export const streamedLength = 500;
/** How much of them waits at least, and at most, in bytes. */
const leastWaiting = 1_048_576;
const mostWaiting = 2_097_152;

/** What a burst consists of, in bytes: 1 MiB in all. */
export const burstCount = 16;
export const burstLength = 65_536;

/** Sends what the text of a message asks for; takes binary messages without an answer. */
export const sending: Mode = ({ note }) => ({
  message(socket, data) {
    if (data === "burst") sendBurst(socket);
    else if (data === "stream") void stream(socket, note);
    else if (typeof data === "string") socket.send(data);
  },
});

function sendBurst(socket: SubjectSocket): void {
  for (let i = 0; i < burstCount; i++) socket.send(new Uint8Array(burstLength));
}

/** Sends all messages so that some of them always wait; half of them prepared. */
async function stream(socket: SubjectSocket, note: (text: string) => void): Promise<void> {
  const bytes = new Uint8Array(streamedLength);
  const prepared = prepare(bytes);
  let wasEmpty = false;
  for (let count = 0; count < streamedCount && socket.readyState === "open"; ) {
    if (count > 0 && socket.bufferedAmount === 0) wasEmpty = true;
    const goal = socket.bufferedAmount < leastWaiting ? mostWaiting : 0;
    for (; socket.bufferedAmount < goal && count < streamedCount; count += 2) {
      socket.send(bytes);
      socket.send(prepared);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  note(wasEmpty ? "streamed, and the queue was empty once" : "streamed");
}
