import { broadcast, type ServeOptions, type Server, type Socket } from "@framewright/websocket";
import { broadcastPayload, serving, settings } from "./settings.ts";

/** The `serve` function of a transport package. */
type Serve = (options: ServeOptions) => Promise<Server>;

const topic = "all";

/** Runs the Framewright server of any runtime. */
export async function runOurs(serve: Serve): Promise<void> {
  const { tls, way, sharedPort, compression, borrowedMessages = false, sink } = settings;
  const toAll = settings.broadcast !== undefined;
  const heartbeat =
    typeof settings.heartbeat === "number" ? { interval: settings.heartbeat } : settings.heartbeat;
  const share = sharedPort === undefined ? {} : { port: sharedPort, reusePort: true };
  const members = new Set<Socket>();
  const server = await serve({
    ...(tls === undefined ? {} : { tls }),
    ...share,
    borrowedMessages,
    ...(compression === undefined ? {} : { compression }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
    open(socket) {
      if (way === "topic") socket.subscribe(topic);
      else if (way !== undefined) members.add(socket);
    },
    message(socket, data) {
      if (toAll) sendToAll();
      else if (sink !== true) socket.send(data);
    },
  });
  const sendToAll = () => {
    if (way === "topic") server.publish(topic, broadcastPayload);
    else if (way === "set") broadcast(members, broadcastPayload);
    else if (way === "loop") for (const socket of members) socket.send(broadcastPayload);
    else server.broadcast(broadcastPayload);
  };
  serving(server.port, () => server.stats().bufferedAmount);
}
