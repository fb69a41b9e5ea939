import type { ServeOptions, Server } from "@framewright/websocket";
import { broadcastPayload, serving, settings } from "./settings.ts";

/** The `serve` function of a transport package. */
type Serve = (options: ServeOptions) => Promise<Server>;
/** A server that may have a `broadcast` method. */
type Broadcaster = { broadcast?(message: Uint8Array): unknown };

/** Runs the Framewright server of any runtime. */
export async function runOurs(serve: Serve): Promise<void> {
  const { tls, broadcast, loop, sharedPort, compression, borrowedMessages = false } = settings;
  const heartbeat =
    typeof settings.heartbeat === "number" ? { interval: settings.heartbeat } : settings.heartbeat;
  const share = sharedPort === undefined ? {} : { port: sharedPort, reusePort: true };
  const toAll = broadcast !== undefined;
  const server = await serve({
    ...(tls === undefined ? {} : { tls }),
    ...share,
    borrowedMessages,
    ...(compression === undefined ? {} : { compression }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
    message(socket, data) {
      if (toAll) sendToAll();
      else socket.send(data);
    },
  });
  const broadcaster = server as Broadcaster;
  const own = typeof broadcaster.broadcast === "function" && loop !== true;
  const sendToAll = () => {
    if (own) broadcaster.broadcast?.(broadcastPayload);
    else for (const socket of server.clients) socket.send(broadcastPayload);
  };
  serving(server.port);
}
