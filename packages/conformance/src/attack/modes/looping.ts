import type { Mode, SubjectSocket } from "../subject-types.ts";

/** Length in bytes of what is sent to each socket. */
export const loopedLength = 5_000;

/** When it gets a message, sends one of its kind to all sockets in a loop. */
export const looping: Mode = () => {
  const sockets = new Set<SubjectSocket>();
  return {
    open: (socket) => void sockets.add(socket),
    message(_socket, data) {
      const isText = typeof data === "string";
      const message = isText ? "a".repeat(loopedLength) : new Uint8Array(loopedLength).fill(97);
      for (const socket of sockets) socket.send(message);
    },
  };
};
