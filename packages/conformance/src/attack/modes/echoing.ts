import type { Mode } from "../subject-types.ts";

/** Echoes each message. Reads no further while the client does not read. */
export const echo: Mode = () => ({
  message: (socket, data) => (socket.send(data) === "queued" ? socket.drained : undefined),
});
