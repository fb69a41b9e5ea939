/** The package `ws` on Node. */
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { handle } from "./application.ts";
import { reportVictim } from "./report-victim.ts";
import { compresses, decisionTime, tls } from "./victim-settings.ts";

const http = tls === undefined ? createServer() : createTlsServer(tls);
const maxPayload = 16_777_216;
const server = new WebSocketServer({ noServer: true, perMessageDeflate: compresses, maxPayload });
http.on("upgrade", (request, socket, head) => {
  const upgrade = () => {
    server.handleUpgrade(request, socket, head, (client) => server.emit("connection", client));
  };
  const time = decisionTime(request.url?.split("?")[1] ?? "");
  if (time === 0) return upgrade();
  socket.on("error", () => {});
  setTimeout(upgrade, time);
});
http.on("request", (_, response) => response.writeHead(426).end());
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    handle(isBinary ? new Uint8Array(data as Buffer<ArrayBuffer>) : String(data), {
      send: (message) => socket.send(message),
      broadcast: (message) => {
        for (const client of server.clients) client.send(message);
      },
    });
  });
});
http.listen(0, "127.0.0.1", () => {
  const counts = () => ({
    openConnections: server.clients.size,
    pendingHandshakes: 0,
    errors: [],
  });
  reportVictim((http.address() as AddressInfo).port, counts, {
    socket: ({ url, handshakeTimeout, ca }) => new WebSocket(url, { handshakeTimeout, ca }),
  });
});
