/** Bun's own WebSocket server. */
import { setTimeout as delay } from "node:timers/promises";
import { handle } from "./application.ts";
import { reportVictim } from "./report-victim.ts";
import { compresses, decisionTime, tls } from "./victim-settings.ts";

let openConnections = 0;
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  ...(tls === undefined ? {} : { tls }),
  async fetch(request, self) {
    const time = decisionTime(new URL(request.url).search);
    if (time !== 0) await delay(time);
    return self.upgrade(request) ? undefined : new Response("", { status: 426 });
  },
  websocket: {
    perMessageDeflate: compresses,
    open(socket) {
      openConnections++;
      socket.subscribe("all");
    },
    close() {
      openConnections--;
    },
    message(socket, data) {
      handle(data as string | Uint8Array<ArrayBuffer>, {
        send: (message) => void socket.send(message, compresses),
        broadcast: (message) => void server.publish("all", message),
      });
    },
  },
});
reportVictim(server.port, () => ({ openConnections, pendingHandshakes: 0, errors: [] }), {
  socket: ({ url }) => new WebSocket(url),
});
