import * as fs from "node:fs";
import * as net from "node:net";
import type { Listener, Transport } from "@framewright/websocket/transport";
import { listenUnix } from "@framewright/websocket/transport/extras";
import { DenoTransport } from "./deno-transport.ts";
import { acceptAll } from "./listen.ts";

/**
 * Resolves when all listeners that were stopped are released. Deno deletes the file at the path of a
 * listener when it releases it, which would be the file of the next one.
 */
let allReleased: Promise<unknown> = Promise.resolve();

/** Listens on a Unix socket. */
export async function listenOnPath(
  path: string,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  await allReleased;
  return listenUnix({ fs, net, platform: Deno.build.os }, path, () => {
    const listener = Deno.listen({ transport: "unix", path });
    const close = acceptAll(listener, (conn) => accept(new DenoTransport(conn)));
    const stop = () => {
      const released = close();
      allReleased = Promise.all([allReleased, released]);
      return released;
    };
    return { port: 0, stop };
  });
}
