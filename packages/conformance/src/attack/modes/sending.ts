import { prepare } from "@framewright/websocket";
import type { Mode, SubjectSocket } from "../subject.ts";

/** How many messages go through a queue that is never empty, and how long each is, in bytes. */
export const streamedCount = 200_000;
export const streamedLength = 250;
/** How much of them waits at least, and at most, in bytes. */
const leastWaiting = 4_194_304;
const mostWaiting = 8_388_608;

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
  let hasWaited = false;
  let wasEmpty = false;
  let isUnderWay = false;
  for (let count = 0; count < streamedCount && socket.readyState === "open"; ) {
    // At first the operating system takes it all.
    if (socket.bufferedAmount > leastWaiting / 2) hasWaited = true;
    if (hasWaited && socket.bufferedAmount === 0) wasEmpty = true;
    const goal = socket.bufferedAmount < leastWaiting ? mostWaiting : 0;
    for (; socket.bufferedAmount < goal && count < streamedCount; count += 2) {
      socket.send(bytes);
      socket.send(prepared);
    }
    if (!isUnderWay && count > streamedCount / 4) note("under way");
    isUnderWay = count > streamedCount / 4;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  note(hasWaited && !wasEmpty ? "all sent" : "all sent, but the queue was empty once");
}
