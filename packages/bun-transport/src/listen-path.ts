import * as fs from "node:fs";
import * as net from "node:net";
import process from "node:process";
import type { Listener, Transport } from "@framewright/websocket/transport";
import { listenUnix } from "@framewright/websocket/transport/extras";
import { listenOn } from "./listen.ts";

/** Listens on a Unix socket with `Bun.listen`. */
export function listenOnPath(
  path: string,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  return listenUnix({ fs, net, platform: process.platform }, path, async () => {
    const { stop } = await listenOn({ unix: path }, undefined, accept);
    return { port: 0, stop };
  });
}
