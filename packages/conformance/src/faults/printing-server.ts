import { renameSync, writeFileSync } from "node:fs";
import type { ServeOptions, Server } from "@framewright/websocket";

/**
 * Runs a server whose message handler fails for the message "fail", without an `error` handler, and
 * echoes others. Writes its port to the file that is named on the command line, because its output
 * may be broken.
 */
export async function runPrintingServer(
  serve: (options: ServeOptions) => Promise<Server>,
): Promise<void> {
  const { port } = await serve({
    message(socket, data) {
      if (data === "fail") throw new Error("fault of the handler");
      socket.send(data);
    },
  });
  const path = process.argv[2];
  writeFileSync(`${path}.new`, String(port));
  renameSync(`${path}.new`, path);
}
