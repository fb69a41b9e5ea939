import type { Mode } from "../subject-types.ts";

/** Echoes each message. Reads no further while the client does not read. */
export const echo: Mode = () => ({
  message: (socket, data) => (socket.send(data) === "queued" ? socket.drained : undefined),
});

/** Does the same with `for await`. */
export const echoIterating: Mode = () => ({
  async open(socket) {
    for await (const message of socket) {
      if (socket.send(message) === "queued") await socket.drained;
    }
  },
});

/** Does the same with streams. */
export const echoStreaming: Mode = () => ({
  // It rejects if the connection ends without a closing handshake.
  open: (socket) => socket.readable.pipeTo(socket.writable).catch(() => {}),
});
