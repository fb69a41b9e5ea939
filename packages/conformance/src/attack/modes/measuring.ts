import type { Mode } from "../subject-types.ts";

/** Echoes text and answers each binary message with its length. */
export const measuring: Mode = () => ({
  message: (socket, data) =>
    void socket.send(typeof data === "string" ? data : String(data.length)),
});
