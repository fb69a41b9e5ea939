import * as zlib from "node:zlib";
import { CompressorPool, type Compressors } from "@framewright/codec/deflate";
import type { ConnectOptions, ServeOptions, Server, Socket } from "@framewright/websocket";
import {
  connectWith,
  type RuntimeSupport,
  serveWith,
  type Transport,
} from "@framewright/websocket/transport";
import { zlibCompressors } from "../src/zlib/zlib-compressors.ts";
import { type MemoryTransport, memoryPipe, settle } from "./memory-transport.ts";

/** The runtime's support with its own compressors, so that a test can check their memory. */
export function supportWithPool(): { support: RuntimeSupport; pool: CompressorPool } {
  const pool = new CompressorPool(zlibCompressors(zlib) as Compressors);
  return { support: { compressors: () => pool }, pool };
}

/** A server and its clients, on in-memory pipes. */
export interface Pairs {
  readonly server: Server;
  readonly serverPool: CompressorPool;
  readonly clientPool: CompressorPool;
  /** Connects another client and returns both of its sockets and transports. */
  connect(
    options: ConnectOptions,
  ): Promise<{ client: Socket; server: Socket; transports: MemoryTransport[] }>;
}

export async function serveInMemory(options: ServeOptions): Promise<Pairs> {
  let accept: ((transport: Transport) => void) | undefined;
  const opened: Socket[] = [];
  const ends = [supportWithPool(), supportWithPool()];
  const server = await serveWith(
    {
      ...options,
      open(socket) {
        opened.push(socket);
        options.open?.(socket);
      },
    },
    async (_listen, onTransport) => {
      accept = onTransport;
      return { port: 80, stop() {} };
    },
    ends[0].support,
  );
  return {
    server,
    serverPool: ends[0].pool,
    clientPool: ends[1].pool,
    async connect(clientOptions) {
      const [near, far] = memoryPipe();
      const client = await connectWith(
        "ws://example.com/",
        clientOptions,
        async (_target, progress) => {
          accept?.(far);
          progress.opened(near);
        },
        ends[1].support,
      );
      await settle();
      const socket = opened.pop();
      if (socket === undefined) throw new Error("the server did not open the connection");
      return { client, server: socket, transports: [near, far] };
    },
  };
}
