import {
  type AttachedServer,
  type AttachOptions,
  broadcast,
  type HttpServer,
  type ServeOptions,
  type Server,
  type Socket,
} from "@framewright/websocket";
import { createHttp2Server, createHttpServer, listen } from "./http-server.ts";
import { broadcastPayload, serving, settings } from "./settings.ts";

/** The `serve` function of a transport package. */
type Serve = (options: ServeOptions) => Promise<Server>;
type Attach = (httpServer: HttpServer, options: AttachOptions) => AttachedServer;

const topic = "all";

/** Runs the Framewright server of any runtime. */
export async function runOurs(serve: Serve, attach: Attach): Promise<void> {
  const { tls, way, sharedPort, compression, borrowedMessages = false, sink } = settings;
  const toAll = settings.broadcast !== undefined;
  const heartbeat =
    typeof settings.heartbeat === "number" ? { interval: settings.heartbeat } : settings.heartbeat;
  const share = sharedPort === undefined ? {} : { port: sharedPort, reusePort: true };
  const members = new Set<Socket>();
  const options: AttachOptions = {
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
  };
  const sendToAll = () => {
    if (way === "topic") server.publish(topic, broadcastPayload);
    else if (way === "set") broadcast(members, broadcastPayload);
    else if (way === "loop") for (const socket of members) socket.send(broadcastPayload);
    else server.broadcast(broadcastPayload);
  };
  const start = async (): Promise<[AttachedServer, number]> => {
    if (settings.attach === undefined) {
      const listening = await serve({
        ...options,
        ...(tls === undefined ? {} : { tls }),
        ...share,
      });
      return [listening, listening.port];
    }
    const isHttp2 = settings.attach === "http2";
    const httpServer = await (isHttp2 ? createHttp2Server() : createHttpServer());
    const attached = attach(httpServer as HttpServer, options);
    return [attached, await listen(httpServer)];
  };
  const [server, port] = await start();
  serving(port, () => server.stats().bufferedAmount);
}
