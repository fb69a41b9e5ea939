import type { Mode, Subject, SubjectSocket } from "../subject-types.ts";

/**
 * Returns a function that searches the whole memory behind some bytes for data of another
 * connection.
 */
function search({ note }: Subject) {
  const found = new Set<string>();
  return (socket: SubjectSocket, where: string, bytes: Uint8Array) => {
    const foreign = socket.data.get("foreign");
    if (foreign === null || found.has(where)) return;
    // As text: Deno takes nine times as long to search a Buffer.
    const memory = Buffer.from(bytes.buffer as ArrayBuffer).toString("latin1");
    if (!memory.includes(foreign)) return;
    found.add(where);
    note(`${where} of ${bytes.length} bytes in ${bytes.buffer.byteLength}: ${foreign}`);
  };
}

/**
 * Echoes, and searches the memory behind each binary message and Pong for the query's `foreign`.
 */
export const searching: Mode = (subject) => {
  const look = search(subject);
  return {
    message(socket, data) {
      if (typeof data !== "string") look(socket, "a message", data);
      return socket.send(data) === "queued" ? socket.drained : undefined;
    },
    pong: (socket, payload) => look(socket, "a Pong's payload", payload),
  };
};

/** The same mode, which also searches the bytes on the wire. */
export const searchingWire: Mode = (subject) => {
  const look = search(subject);
  return {
    ...searching(subject),
    wire: (socket, direction, bytes) => look(socket, `what went ${direction}`, bytes),
  };
};
