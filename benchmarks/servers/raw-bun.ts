import type { Socket } from "bun";
import { broadcastFrame, serving, settings } from "./settings.ts";

/** What a socket did not take yet. */
type Unsent = { bytes: Uint8Array | undefined };

const { tls, broadcast, sharedPort } = settings;
const all = new Set<Socket<Unsent>>();

function write(socket: Socket<Unsent>, bytes: Uint8Array): void {
  const { data } = socket;
  const waiting = data.bytes === undefined ? bytes : Buffer.concat([data.bytes, bytes]);
  const sent = Math.max(socket.write(waiting), 0);
  // The rest outlives the call that the received bytes are lent for.
  data.bytes = sent < waiting.length ? waiting.slice(sent) : undefined;
}

/** Bun's types do not know it for TCP. */
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
