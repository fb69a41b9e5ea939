import { prepare } from "@framewright/websocket";
import type { Mode, SubjectSocket } from "../subject-types.ts";

/**
 * Number of messages that pass through a queue that is never empty, and the length of each in
 * bytes.
 */
export const streamedCount = 200_000;
export const streamedLength = 250;
/** Minimum and maximum number of queued bytes. */
const leastWaiting = 4_194_304;
const mostWaiting = 8_388_608;

/** Messages in a burst and the length of each in bytes: 1 MiB in all. */
export const burstCount = 16;
export const burstLength = 65_536;

/** Sends what the text of a message requests. Does not answer binary messages. */
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

/** Sends all messages so that some are always queued. Half of them are prepared. */
async function stream(socket: SubjectSocket, note: (text: string) => void): Promise<void> {
  const bytes = new Uint8Array(streamedLength);
  const prepared = prepare(bytes);
  let hasWaited = false;
  let wasEmpty = false;
  let isUnderWay = false;
  for (let count = 0; count < streamedCount && socket.readyState === "open"; ) {
    // Initially the operating system accepts everything.
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
