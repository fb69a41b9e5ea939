import process from "node:process";
import { setTimeout } from "node:timers";
import type {
  Reconnecting,
  ReconnectingOptions,
  ServeOptions,
  Server,
} from "@framewright/websocket";

/** The functions of the transport package under test. */
interface OnlineTransport {
  serve(options: ServeOptions): Promise<Server>;
  reconnecting(url: string, options: ReconnectingOptions): Reconnecting;
}

/**
 * Starts a client whose server is not there yet and whose next try is days away, then the server,
 * and prints the client's states. Ends when the client is open.
 */
export async function runOnline({ serve, reconnecting }: OnlineTransport): Promise<void> {
  // A test that has failed cannot reach the process any more.
  setTimeout(() => process.exit(1), 60_000).unref();
  const port = 9_000;
  const waiting = Promise.withResolvers<void>();
  const connection = reconnecting(`ws://127.0.0.1:${port}/`, {
    minDelay: 2 ** 31 - 1,
    maxDelay: 2 ** 31 - 1,
    onChange({ state }) {
      if (state === "waiting") waiting.resolve();
    },
  });
  await waiting.promise;
  const server = await serve({ port });
  console.log("waiting");
  await connection.ready;
  console.log("open");
  connection.close(1000);
  await connection.closed;
  await server.close();
}
