import * as fs from "node:fs";
import * as net from "node:net";
import { type Listener, listenUnix, type Transport } from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";
import { acceptAll } from "./listen.ts";

/** Listens on a Unix socket. */
export function listenOnPath(
  path: string,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  return listenUnix({ fs, net, platform: Deno.build.os }, path, () => {
    const listener = Deno.listen({ transport: "unix", path });
    const stop = acceptAll(listener, (conn) => accept(new DenoTransport(conn)));
    return { port: 0, stop };
  });
}
