import { broadcast, prepare } from "@framewright/websocket";
import type { Mode, SubjectSocket } from "../subject-types.ts";

/** Length in bytes of a message that is too long to be copied when it is sent. */
export const longLength = 1_048_576;
/**
 * Number of such messages: more than the operating system buffers for a client that does not read.
 */
export const longCount = 24;

/** Fills a long message with a known pattern. */
export function fillLong(bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++) bytes[index] = index % 251;
}

type Detach = (send: (data: Parameters<SubjectSocket["send"]>[0]) => void) => () => void;

/** Ways to send memory and to detach it afterwards. */
export const detachments = {
  transferred(send) {
    const bytes = new Uint8Array(longLength);
    send(bytes);
    return () => void bytes.buffer.transfer();
  },
  "transferred, sent as a buffer": (send) => {
    const buffer = new ArrayBuffer(longLength);
    send(buffer);
    return () => void buffer.transfer();
  },
  "transferred from under a prepared message": (send) => {
    const prepared = prepare(new Uint8Array(longLength));
    send(prepared);
    return () => void (prepared.frame.buffer as ArrayBuffer).transfer();
  },
} as const satisfies Record<string, Detach>;
export type DetachmentName = keyof typeof detachments;

/** Kinds of memory that are copied when sent. The mode then shrinks or overwrites them. */
export const unusualMemory = {
  shared: () => new Uint8Array(new SharedArrayBuffer(longLength)),
  resizable: () => new Uint8Array(new ArrayBuffer(longLength, { maxByteLength: 2 * longLength })),
  "resizable under an array of a fixed length": () =>
    new Uint8Array(new ArrayBuffer(longLength, { maxByteLength: 2 * longLength }), 0, longLength),
  "resizable and shared": () =>
    new Uint8Array(new SharedArrayBuffer(longLength, { maxByteLength: 2 * longLength })),
} as const satisfies Record<string, () => Uint8Array>;
export type UnusualMemoryName = keyof typeof unusualMemory;

/** Ways to send an array whose memory is already detached. */
const waysToSend = ["send", "offer", "prepare", "broadcast"] as const;

/** Sends memory and detaches it while it is queued, as the query says, when a message arrives. */
export const detaching: Mode = ({ note }) => ({
  maxBufferedAmount: 2 * longCount * longLength,
  message(socket, data) {
    const id = socket.data.get("id");
    const detachment = socket.data.get("detachment") as DetachmentName | null;
    const memory = socket.data.get("memory") as UnusualMemoryName | null;
    if (detachment !== null) {
      const detach: Detach = detachments[detachment];
      const takeAway = detach((message) => {
        for (let i = 0; i < longCount; i++) socket.send(message);
      });
      const then = () => {
        takeAway();
        note(`${id}: taken away`);
      };
      if (socket.data.has("in flight")) setTimeout(then, 50);
      else then();
    } else if (memory !== null) {
      const bytes = unusualMemory[memory]();
      fillLong(bytes);
      for (let i = 0; i < longCount; i++) socket.send(bytes);
      const { buffer } = bytes;
      if (buffer instanceof ArrayBuffer) buffer.resize(1_000);
      else new Uint8Array(buffer).fill(0);
    } else if (socket.data.has("gone")) {
      socket.send(waysToSend.map((way) => faultOf(way, socket)).join(", "));
    } else {
      socket.send(data);
    }
  },
});

/** Returns the name of the error with which detached memory is refused. */
function faultOf(way: (typeof waysToSend)[number], socket: SubjectSocket): string {
  const bytes = new Uint8Array(longLength);
  bytes.buffer.transfer();
  try {
    if (way === "send") socket.send(bytes);
    else if (way === "offer") socket.offer(bytes, 1e9);
    else if (way === "prepare") prepare(bytes);
    else broadcast([socket], bytes);
    return `${way}: nothing`;
  } catch (error) {
    return `${way}: ${(error as Error).name}`;
  }
}
