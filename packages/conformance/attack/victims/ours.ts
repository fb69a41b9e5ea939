/** A Framewright server on the runtime that runs this. */

import { once } from "node:events";
import type { Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AttachedServer,
  type AttachOptions,
  broadcast,
  type ServeOptions,
} from "@framewright/websocket";
import type { Query, Transports } from "../../src/attack/subject-types.ts";
import { handle } from "./application.ts";
import { ourClients } from "./our-clients.ts";
import { reportVictim } from "./report-victim.ts";
import { decisionTime, settings, tls } from "./victim-settings.ts";

async function transport(): Promise<Pick<Transports, "serve"> & { attach: Attach }> {
  if ("Bun" in globalThis) return import("@framewright/bun-transport");
  if ("Deno" in globalThis) return import("@framewright/deno-transport");
  return import("@framewright/node-transport");
}

type Attach = (
  httpServer: Http2SecureServer,
  options: AttachOptions<Query>,
) => AttachedServer<Query>;

/** Attaches to a server of HTTP/2 that serves HTTP/1.1 too. */
async function serveHttp2(): Promise<AttachedServer<Query> & { port: number }> {
  const { createSecureServer } = await import("node:http2");
  const httpServer = createSecureServer({ ...tls, allowHTTP1: true });
  const attached = attach(httpServer, options as AttachOptions<Query>);
  await once(httpServer.listen(0, "127.0.0.1"), "listening");
  return Object.assign(attached, { port: (httpServer.address() as AddressInfo).port });
}

const { serve, attach } = await transport();
const errors: string[] = [];
const options: ServeOptions<Query> = {
  ...(settings.options as ServeOptions<Query>),
  ...(tls === undefined || settings.isHttp2 ? {} : { tls }),
  accept(request) {
    const query = new URLSearchParams(request.query);
    const time = decisionTime(request.query);
    return time === 0 ? query : delay(time).then(() => query);
  },
  message(socket, data) {
    handle(data as string | Uint8Array<ArrayBuffer>, {
      send: (message) => void socket.send(message),
      broadcast: (message) => void broadcast(server.clients, message),
    });
  },
  error: (error) => void errors.push(String(error)),
};
const server = await (settings.isHttp2 === true ? serveHttp2() : serve(options));

const counts = () => {
  const { openConnections, pendingHandshakes } = server.stats();
  return { openConnections, pendingHandshakes, errors };
};
reportVictim(server.port, counts, await ourClients());
