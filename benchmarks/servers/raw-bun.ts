import type { Socket } from "bun";
import { broadcastFrame, serving, settings } from "./settings.ts";

/** Bytes that the socket has not accepted yet. */
type Unsent = { bytes: Uint8Array | undefined };

const { tls, broadcast, sharedPort } = settings;
const all = new Set<Socket<Unsent>>();

function write(socket: Socket<Unsent>, bytes: Uint8Array): void {
  const { data } = socket;
  const waiting = data.bytes === undefined ? bytes : Buffer.concat([data.bytes, bytes]);
  const sent = Math.max(socket.write(waiting), 0);
  // Keep the rest beyond this call, after which the received bytes are no longer valid.
  data.bytes = sent < waiting.length ? waiting.slice(sent) : undefined;
}

/** Bun's types lack `reusePort` for TCP. */
const share: object = sharedPort === undefined ? {} : { reusePort: true };
const listener = Bun.listen<Unsent>({
  port: sharedPort ?? 0,
  ...share,
  hostname: "127.0.0.1",
  ...(tls === undefined ? {} : { tls }),
  socket: {
    open(socket) {
      socket.data = { bytes: undefined };
      if (broadcast !== undefined) all.add(socket);
    },
    data(socket, bytes) {
      if (broadcast === undefined) write(socket, bytes);
      else for (const one of all) write(one, broadcastFrame);
    },
    drain(socket) {
      const { bytes } = socket.data;
      socket.data.bytes = undefined;
      if (bytes !== undefined) write(socket, bytes);
    },
    error() {},
  },
});
serving(listener.port);
