import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { broadcastPayload, serving, settings } from "./settings.ts";

const { tls, broadcast, sharedPort, compression, heartbeat } = settings;
const http = tls === undefined ? createServer() : createTlsServer(tls);
const server = new WebSocketServer({ server: http, perMessageDeflate: deflateOptions() });

function deflateOptions() {
  if (compression === undefined) return false;
  const { contextTakeover, threshold, level, memLevel, windowBits } = compression;
  return {
    ...(contextTakeover ? {} : { serverNoContextTakeover: true, clientNoContextTakeover: true }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(windowBits === undefined
      ? {}
      : { serverMaxWindowBits: windowBits, clientMaxWindowBits: windowBits }),
    zlibDeflateOptions: {
      ...(level === undefined ? {} : { level }),
      ...(memLevel === undefined ? {} : { memLevel }),
    },
  };
}

server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => {
    if (broadcast === undefined) socket.send(data, { binary: isBinary });
    else for (const client of server.clients) client.send(broadcastPayload);
  });
});

/** The heartbeat of the documentation of `ws`. */
function beat(silent: WeakSet<object>): void {
  for (const client of server.clients) {
    if (silent.has(client)) client.terminate();
    silent.add(client);
    client.ping();
  }
}
if (heartbeat) {
  const silent = new WeakSet<object>();
  server.on("connection", (socket) => socket.on("pong", () => silent.delete(socket)));
  setInterval(() => beat(silent), heartbeat);
}
const share = sharedPort === undefined ? {} : { reusePort: true };
http.listen({ port: sharedPort ?? 0, host: "127.0.0.1", ...share }, () => {
  serving((http.address() as AddressInfo).port);
});
