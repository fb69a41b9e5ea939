import type { Socket } from "bun";
import { connectAll, settings } from "./settings.ts";

/** Bytes that the socket has not accepted yet. */
type Unsent = { bytes: Uint8Array | undefined };

function write(socket: Socket<Unsent>, bytes: Uint8Array): void {
  const { data } = socket;
  const waiting = data.bytes === undefined ? bytes : Buffer.concat([data.bytes, bytes]);
  const sent = Math.max(socket.write(waiting), 0);
  // Keep the rest beyond this call, after which the received bytes are no longer valid.
  data.bytes = sent < waiting.length ? waiting.slice(sent) : undefined;
}

await connectAll(() =>
  Bun.connect<Unsent>({
    hostname: "127.0.0.1",
    port: settings.port,
    data: { bytes: undefined },
    socket: {
      data: write,
      drain(socket) {
        const { bytes } = socket.data;
        socket.data.bytes = undefined;
        if (bytes !== undefined) write(socket, bytes);
      },
      error() {},
    },
  }),
);
