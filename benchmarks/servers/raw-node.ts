import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { broadcastFrame, serving, settings } from "./settings.ts";

const { tls, broadcast, sharedPort } = settings;
const all = new Set<Socket>();

function accept(socket: Socket): void {
  if (broadcast !== undefined) all.add(socket);
  socket.on("data", (bytes) => {
    if (broadcast === undefined) socket.write(bytes);
    else for (const one of all) one.write(broadcastFrame);
  });
  socket.on("error", () => {});
}

const shared = { noDelay: true };
const server =
  tls === undefined ? createServer(shared, accept) : createTlsServer({ ...shared, ...tls }, accept);
const share = sharedPort === undefined ? {} : { reusePort: true };
server.listen({ port: sharedPort ?? 0, host: "127.0.0.1", ...share }, () => {
  serving((server.address() as AddressInfo).port);
});
