import { once } from "node:events";
import { WebSocket } from "ws";
import { connectAll, url } from "./settings.ts";

await connectAll(async () => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  await once(socket, "open");
});
