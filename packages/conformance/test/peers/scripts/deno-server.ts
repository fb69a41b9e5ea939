import { standardPeer } from "./conversation.ts";
import { announce, chosenSubprotocol, servePeer } from "./server.ts";

Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: ({ port }) => announce(port) },
  (request) => {
    // Read the request before the upgrade, which makes it unusable.
    const path = new URL(request.url).pathname;
    const offered = String(request.headers.get("sec-websocket-protocol"));
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: chosenSubprotocol });
    const peer = standardPeer(socket);
    socket.addEventListener("open", () => servePeer({ path, offered }, peer));
    return response;
  },
);
