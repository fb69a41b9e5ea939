import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@framewright/node-transport";
import { type IncomingRequest, refuse } from "@framewright/websocket";
import { createProxy } from "./proxy.ts";
import { readSite } from "./site.ts";

/** Where the page and the proxy listen, and where the proxy passes connections on to. */
export interface InspectorSettings {
  readonly port: number;
  readonly proxyPort: number;
  /** Without it there is no proxy. */
  readonly target?: URL | undefined;
  /** Origin of a copy of the page elsewhere that may read the feed. Default: none. */
  readonly allowedOrigin?: string | undefined;
}

/** All traffic of the target can be read here, so both servers listen on this machine alone. */
const hostname = "127.0.0.1";
/** A page that reads the feed too slowly is disconnected when this many bytes wait for it. */
const maxBufferedAmount = 16_777_216;

/** Serves the page, and a proxy whose bytes the page shows live. */
export async function startInspector(settings: InspectorSettings) {
  const { port, proxyPort, target, allowedOrigin } = settings;
  const server = await serve<undefined>({
    hostname,
    port,
    maxBufferedAmount,
    http: readSite(),
    routes: { "/live": { accept: (request) => admit(request, allowedOrigin) } },
    open: (socket) => {
      socket.subscribe("feed");
    },
  });
  const proxy = target && createProxy(target, (message) => void server.publish("feed", message));
  if (proxy !== undefined) {
    proxy.listen(proxyPort, hostname);
    await once(proxy, "listening");
  }
  return {
    url: `http://${hostname}:${server.port}`,
    proxyPort: proxy && (proxy.address() as AddressInfo).port,
    async close(): Promise<void> {
      proxy?.close();
      await server.close();
    },
  };
}

/** Other sites must not read the feed, not even one whose name leads to this machine. */
function admit({ origin, url }: IncomingRequest, allowedOrigin: string | undefined) {
  const isHere = url.hostname === hostname || url.hostname === "localhost";
  const isAllowed = ["", `http://${url.host}`, allowedOrigin].includes(origin);
  if (isHere && isAllowed) return undefined;
  return refuse(403, "this origin is not allowed");
}
