/** A Framewright server on the runtime that runs this. */

import { setTimeout as delay } from "node:timers/promises";
import { broadcast, type ServeOptions } from "@framewright/websocket";
import type { Query, Transports } from "../../src/attack/subject-types.ts";
import { handle } from "./application.ts";
import { ourClients } from "./our-clients.ts";
import { reportVictim } from "./report-victim.ts";
import { decisionTime, settings, tls } from "./victim-settings.ts";

async function transport(): Promise<Pick<Transports, "serve">> {
  if ("Bun" in globalThis) return import("@framewright/bun-transport");
  if ("Deno" in globalThis) return import("@framewright/deno-transport");
  return import("@framewright/node-transport");
}

const { serve } = await transport();
const errors: string[] = [];
const options: ServeOptions<Query> = {
  ...(settings.options as ServeOptions<Query>),
  ...(tls === undefined ? {} : { tls }),
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
const server = await serve(options);

const counts = () => {
  const { openConnections, pendingHandshakes } = server.stats();
  return { openConnections, pendingHandshakes, errors };
};
reportVictim(server.port, counts, await ourClients());
