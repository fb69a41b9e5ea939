import type { ServeOptions, Server } from "@framewright/websocket";

/**
 * A server that does not give up on its own within a test: it sends each client something at once,
 * prints its port, and then a line for each connection that is over.
 */
export async function runPatientServer(serve: (options: ServeOptions) => Promise<Server>) {
  const server = await serve({
    closeTimeout: 600_000,
    open(socket) {
      socket.send("x".repeat(10_000));
    },
    message() {},
    close(_socket, statusCode) {
      console.log(`closed ${statusCode}`);
    },
  });
  console.log(`listening on ${server.port}`);
}
