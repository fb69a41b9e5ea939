import { broadcastPayload, serving, settings } from "./settings.ts";

const { tls, broadcast, sharedPort, heartbeat } = settings;
/** A Ping is sent after half of this time, in seconds. */
const idleTimeout = ((heartbeat || 0) * 2) / 1_000;
const all = new Set<WebSocket>();

const server = Deno.serve(
  {
    port: sharedPort ?? 0,
    reusePort: sharedPort !== undefined,
    hostname: "127.0.0.1",
    ...(tls ?? {}),
    onListen() {},
  },
  (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout });
    socket.binaryType = "arraybuffer";
    if (broadcast !== undefined) socket.onopen = () => all.add(socket);
    socket.onmessage = ({ data }) => {
      if (broadcast === undefined) socket.send(data);
      else for (const one of all) one.send(broadcastPayload as Uint8Array<ArrayBuffer>);
    };
    return response;
  },
);
serving((server.addr as Deno.NetAddr).port);
