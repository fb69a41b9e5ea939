import { createServer } from "node:http";
import { createServer as createVite } from "vite";
import { attach } from "#transport";

const httpServer = createServer({
  // Opening handshakes for others are answered like requests for pages. Without this they would get
  // no answer, because Vite and Framewright leave them to each other.
  shouldUpgradeCallback({ url, headers }) {
    const isForVite = headers["sec-websocket-protocol"]?.startsWith("vite-") ?? false;
    return isForVite || url === "/ws";
  },
});
const vite = await createVite({
  root: new URL("page", import.meta.url).pathname,
  logLevel: "warn",
  // Otherwise Vite listens on a port of its own for its WebSocket. Older versions name it `hmr`.
  server: { middlewareMode: true, ws: { server: httpServer } },
});
httpServer.on("request", vite.middlewares);

const server = attach(httpServer, {
  path: "/ws", // Vite's WebSocket is at the base of its URLs, here "/"
  origins: "same",
  message: (socket, data) => socket.send(data),
});

httpServer.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
  const { port } = httpServer.address() as { port: number };
  console.log(`listening on ws://127.0.0.1:${port}`);
});

process.once("SIGTERM", async () => {
  httpServer.close(); // no new connections
  await server.close(); // Close frames with 1001
  await vite.close();
});
