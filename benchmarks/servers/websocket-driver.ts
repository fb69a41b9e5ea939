import { createServer, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { serving } from "./settings.ts";

/** The part of websocket-driver that is used here. The package has no types. */
interface Driver {
  readonly io: Duplex;
  readonly messages: Duplex;
  start(): void;
}

const driver = createRequire(import.meta.url)("websocket-driver") as {
  http(request: IncomingMessage, options: { maxLength: number }): Driver;
};

const server = createServer();
server.on("upgrade", (request, socket, rest) => {
  socket.on("error", () => {});
  const websocket = driver.http(request, { maxLength: 2 ** 26 });
  websocket.io.write(rest);
  socket.pipe(websocket.io).pipe(socket);
  websocket.messages.on("data", (message) => websocket.messages.write(message));
  websocket.start();
});
server.listen(0, "127.0.0.1", () => serving((server.address() as AddressInfo).port));
