import type { ServeOptions, Server } from "@framewright/websocket";
import { type RuntimeSupport, serveWith, type Transport } from "@framewright/websocket/transport";
import {
  type MemoryTransport,
  memoryPipe,
  RawPeer,
  settle,
  upgradeRequest,
} from "./memory-transport.ts";

/** A server whose connections are in-memory pipes. */
export interface MemoryServer<Data> {
  readonly server: Server<Data>;
  /** Whether the server still listens. */
  readonly listening: () => boolean;
  /** Connects and returns the client's end and the server's transport. */
  dial(): { peer: RawPeer; transport: MemoryTransport };
  /** Connects and does the opening handshake. Its response is removed from `peer.received`. */
  open(
    ...first: (string | readonly number[])[]
  ): Promise<{ peer: RawPeer; transport: MemoryTransport }>;
}

/** Starts a server on in-memory pipes. */
export async function memoryServer<Data = undefined>(
  options: ServeOptions<Data>,
  support: RuntimeSupport = {},
): Promise<MemoryServer<Data>> {
  let accept: ((transport: Transport) => void) | undefined;
  let listening = true;
  const listen = async (_listen: unknown, onTransport: (transport: Transport) => void) => {
    accept = onTransport;
    return {
      port: 80,
      stop: () => {
        listening = false;
      },
    };
  };
  const server = await serveWith(options, listen, support);
  const dial = () => {
    const [client, transport] = memoryPipe();
    const peer = new RawPeer(client);
    accept?.(transport);
    return { peer, transport };
  };
  return {
    server,
    listening: () => listening,
    dial,
    async open(...first) {
      const connection = dial();
      const rest = first.flatMap((part) =>
        typeof part === "string" ? [...new TextEncoder().encode(part)] : part,
      );
      connection.peer.send([...new TextEncoder().encode(upgradeRequest()), ...rest]);
      await settle();
      const { peer } = connection;
      const end = peer.text.indexOf("\r\n\r\n");
      if (end < 0) throw new Error(`no answer: ${peer.text}`);
      peer.received = peer.received.slice(end + 4);
      return connection;
    },
  };
}
