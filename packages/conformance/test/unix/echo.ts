/**
 * Starts an echo server on a Unix socket, or connects to one and prints its echo. The arguments are
 * the package, and a path or a URL.
 */
import process from "node:process";
import type * as transport from "@framewright/node-transport";

const [name, where] = process.argv.slice(2);
const { connect, serve }: typeof transport = await import(name);

if (where.startsWith("ws+unix:")) {
  const socket = await connect(where, { subprotocols: ["chat"] });
  socket.send("hello");
  for await (const message of socket) {
    console.log(message);
    socket.close(1000);
  }
} else {
  const server = await serve({
    unix: where,
    subprotocols: ["chat"],
    message: (socket, data) => void socket.send(data),
  });
  process.once("SIGTERM", () => void server.close().then(() => process.exit(0)));
  console.log(`listening on ${server.unix}`);
}
