import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { maxMessageSize, serving } from "./settings.ts";

type Message = { type: "utf8"; utf8Data: string } | { type: "binary"; binaryData: Buffer };

/** The part of `websocket` that is used here. The package has no types. */
interface Connection {
  on(event: "message", listener: (message: Message) => void): void;
  on(event: "error", listener: () => void): void;
  sendUTF(text: string): void;
  sendBytes(bytes: Buffer): void;
}

interface Options {
  httpServer: Server;
  autoAcceptConnections: boolean;
  keepalive: boolean;
  maxReceivedFrameSize: number;
  maxReceivedMessageSize: number;
}

const websocket = createRequire(import.meta.url)("websocket") as {
  server: new (
    options: Options,
  ) => { on(event: "connect", listener: (connection: Connection) => void): void };
};

const httpServer = createServer();
const server = new websocket.server({
  httpServer,
  autoAcceptConnections: true,
  keepalive: false,
  maxReceivedFrameSize: maxMessageSize,
  maxReceivedMessageSize: maxMessageSize,
});
server.on("connect", (connection) => {
  connection.on("error", () => {});
  connection.on("message", (message) => {
    if (message.type === "utf8") connection.sendUTF(message.utf8Data);
    else connection.sendBytes(message.binaryData);
  });
});
httpServer.listen(0, "127.0.0.1", () => serving((httpServer.address() as AddressInfo).port));
