import type { Mode, Subject, SubjectSocket } from "../subject.ts";

/** Makes a function that looks in all memory behind some bytes for what another connection sent. */
function search({ note }: Subject) {
  const found = new Set<string>();
  return (socket: SubjectSocket, where: string, bytes: Uint8Array) => {
    const foreign = socket.data.get("foreign");
    if (foreign === null || found.has(where)) return;
    if (!Buffer.from(bytes.buffer as ArrayBuffer).includes(foreign)) return;
    found.add(where);
    note(`${where} of ${bytes.length} bytes in ${bytes.buffer.byteLength}: ${foreign}`);
  };
}

/** Echoes, and looks behind each binary message and Pong for what the query calls `foreign`. */
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

/** The same with the bytes on the wire. */
export const searchingWire: Mode = (subject) => {
  const look = search(subject);
  return {
    ...searching(subject),
    wire: (socket, direction, bytes) => look(socket, `what went ${direction}`, bytes),
  };
};
