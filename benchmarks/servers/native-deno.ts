import { broadcastPayload, serving, settings } from "./settings.ts";

const { tls, broadcast, sharedPort } = settings;
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
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
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
