import { createHash } from "node:crypto";
import type { WebSocketOptions } from "@framewright/websocket";
import { type WebSocket, webSocketClass } from "@framewright/websocket/transport";
import { type MemoryTransport, memoryPipe, RawPeer, settle } from "../memory-transport.ts";

/** The pipe that was opened last. */
let pipe: { client: MemoryTransport; peer: RawPeer } | undefined;

/** The class over in-memory pipes. */
export const MemoryWebSocket = webSocketClass(async (_target, progress) => {
  const [client, server] = memoryPipe();
  pipe = { client, peer: new RawPeer(server) };
  progress.opened(client);
}, {});

/** A `WebSocket` whose server is the test. */
export interface Dialled {
  readonly socket: WebSocket;
  readonly client: MemoryTransport;
  readonly peer: RawPeer;
  /** Accepts the handshake. What is given follows in the same chunk. */
  accept(...frames: readonly number[][]): void;
}

let hosts = 0;

/** Starts to connect. */
export async function dial(
  protocols: string | string[] = [],
  options: WebSocketOptions = {},
): Promise<Dialled> {
  // Connections to one host are opened one after the other.
  const socket = new MemoryWebSocket(`ws://host${++hosts}.example/`, protocols, options);
  if (pipe === undefined) throw new Error("no transport was opened");
  const { client, peer } = pipe;
  await settle();
  const accept = (...frames: readonly number[][]) => {
    const key = /^Sec-WebSocket-Key: (.*)$/m.exec(peer.text)?.[1].trim();
    const hash = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
    peer.take();
    const head = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: upgrade",
      `Sec-WebSocket-Accept: ${hash.digest("base64")}\r\n\r\n`,
    ].join("\r\n");
    peer.send([...new TextEncoder().encode(head), ...frames.flat()]);
  };
  return { socket, client, peer, accept };
}
