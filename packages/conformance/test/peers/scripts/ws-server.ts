import { WebSocketServer } from "ws";
import { standardPeer } from "./conversation.ts";
import { announce, chosenSubprotocol, servePeer } from "./server.ts";

const server = new WebSocketServer({
  port: 0,
  host: "127.0.0.1",
  handleProtocols: () => chosenSubprotocol,
});
server.on("connection", (socket, { url = "", headers }) => {
  const offered = String(headers["sec-websocket-protocol"]);
  servePeer({ path: url, offered }, standardPeer(socket));
});
server.on("listening", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") announce(address.port);
});
