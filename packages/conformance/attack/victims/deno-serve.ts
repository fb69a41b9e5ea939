/** Deno's own WebSocket server. */
import { setTimeout as delay } from "node:timers/promises";
import { handle } from "./application.ts";
import { reportVictim } from "./report-victim.ts";
import { decisionTime, tls } from "./victim-settings.ts";

const all = new Set<WebSocket>();
const server = Deno.serve(
  { port: 0, hostname: "127.0.0.1", ...(tls ?? {}), onListen() {} },
  async (request) => {
    const time = decisionTime(new URL(request.url).search);
    if (time !== 0) await delay(time);
    if (request.headers.get("upgrade") !== "websocket") return new Response("", { status: 426 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => void all.add(socket);
    socket.onclose = () => void all.delete(socket);
    socket.onerror = () => {};
    socket.onmessage = ({ data }) => {
      handle(typeof data === "string" ? data : new Uint8Array(data), {
        send: (message) => socket.send(message),
        broadcast: (message) => {
          for (const one of all) if (one.readyState === WebSocket.OPEN) one.send(message);
        },
      });
    };
    return response;
  },
);
reportVictim(
  (server.addr as Deno.NetAddr).port,
  () => ({ openConnections: all.size, pendingHandshakes: 0, errors: [] }),
  { socket: ({ url }) => new WebSocket(url) },
);
