import { once } from "node:events";
import { connect } from "node:net";
import { connectAll, settings } from "./settings.ts";

await connectAll(async () => {
  const socket = connect({ host: "127.0.0.1", port: settings.port, noDelay: true });
  socket.on("data", (bytes) => socket.write(bytes));
  await once(socket, "connect");
});
