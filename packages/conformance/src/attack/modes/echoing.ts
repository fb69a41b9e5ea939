import type { Mode } from "../subject.ts";

/** Sends each message back; reads no further while the client does not. */
export const echo: Mode = () => ({
  message: (socket, data) => (socket.send(data) === "queued" ? socket.drained : undefined),
});
