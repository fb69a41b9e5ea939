import { Inbox } from "./conversation.ts";
import { announce, chosenSubprotocol, type PeerRequest, servePeer } from "./server.ts";

interface Connection {
  readonly request: PeerRequest;
  readonly inbox: Inbox;
}

const server = Bun.serve<Connection>({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, bun) {
    const path = new URL(request.url).pathname;
    const offered = String(request.headers.get("sec-websocket-protocol"));
    const data = { request: { path, offered }, inbox: new Inbox() };
    const upgraded = bun.upgrade(request, {
      data,
      headers: { "Sec-WebSocket-Protocol": chosenSubprotocol },
    });
    return upgraded ? undefined : new Response("WebSocket only", { status: 426 });
  },
  websocket: {
    open(socket) {
      const { request, inbox } = socket.data;
      servePeer(request, {
        send: (data) => socket.send(data),
        close: (code, reason) => socket.close(code, reason),
        inbox,
      });
    },
    message(socket, message) {
      socket.data.inbox.push(message);
    },
    close(socket, code, reason) {
      socket.data.inbox.end(code, reason);
    },
  },
});
announce(Number(server.port));
