import { broadcastPayload, maxMessageSize, serving, settings } from "./settings.ts";

const { tls, broadcast, way, sharedPort, compression, heartbeat } = settings;
/**
 * Bun's compressor: shared by all connections, or a window of 32 KiB per connection and direction.
 */
const compressor = compression?.contextTakeover === true ? "dedicated" : "shared";
const perMessageDeflate =
  compression === undefined ? false : ({ compress: compressor, decompress: compressor } as const);
const compresses = compression !== undefined;
const all = new Set<Bun.ServerWebSocket<undefined>>();

const server = Bun.serve({
  port: sharedPort ?? 0,
  reusePort: sharedPort !== undefined,
  hostname: "127.0.0.1",
  ...(tls === undefined ? {} : { tls }),
  fetch(request, self) {
    return self.upgrade(request) ? undefined : new Response("", { status: 426 });
  },
  websocket: {
    // In seconds. A Ping is sent some seconds before the timeout, which is at least 8.
    idleTimeout: heartbeat ? Math.max(8, heartbeat / 1_000) : 0,
    perMessageDeflate,
    maxPayloadLength: maxMessageSize,
    // With the default limit, an echo of 16 MiB would be dropped.
    backpressureLimit: 4 * maxMessageSize,
    open(socket) {
      if (broadcast !== undefined) socket.subscribe("all");
      if (way === "loop") all.add(socket);
    },
    message(socket, data) {
      if (broadcast === undefined) socket.send(data, compresses);
      else if (way === "loop") for (const one of all) one.send(broadcastPayload);
      else server.publish("all", broadcastPayload);
    },
  },
});
serving(server.port);
