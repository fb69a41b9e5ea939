import type { ServeOptions, Server } from "@framewright/websocket";

/**
 * Runs a server that does not time out during a test. It sends each client a message at once,
 * prints its port, and then prints a line for each closed connection.
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
