import type { AnyConnectOptions, ServeOptions, Server, Socket } from "@framewright/websocket";
import { Link } from "@framewright/websocket/testing";
import {
  connectWith,
  type RuntimeSupport,
  serveWith,
  type Transport,
} from "@framewright/websocket/transport";
import { type Faults, FaultTransport } from "./fault-transport.ts";

/** A connection whose ends a test moves. */
export interface FaultyConnection<Data> {
  /** The client's socket, or the error of its opening handshake. Settles as bytes are passed on. */
  readonly socket: Promise<Socket<Data>>;
  readonly client: FaultTransport;
  readonly server: FaultTransport;
}

/** A server in memory, and clients that reach it over connections with faults. */
export interface MemoryNetwork<Data> {
  readonly server: Server<Data>;
  /** Connects another client. The handshake proceeds when the ends' bytes are passed on. */
  connect<ClientData = undefined>(
    options?: AnyConnectOptions<ClientData>,
    faults?: { readonly client?: Faults; readonly server?: Faults },
  ): FaultyConnection<ClientData>;
}

/**
 * Starts a server in memory.
 *
 * @param support - What a runtime provides to `serve` and `connect`, such as compressors.
 *
 * @example
 * const network = await memoryNetwork({ message: (socket, data) => socket.send(data) });
 * const { socket, client, server } = network.connect({}, { client: { output: { after: 500, kind: "reset" } } });
 * while (client.passOutput() || server.passInput() || server.passOutput() || client.passInput())
 *   await new Promise(setImmediate);
 */
export async function memoryNetwork<Data = undefined>(
  options: ServeOptions<Data>,
  support: RuntimeSupport = {},
): Promise<MemoryNetwork<Data>> {
  let accept: (transport: Transport) => void = () => {};
  const server = await serveWith(
    options,
    async (_options, accepted) => {
      accept = accepted;
      return { port: 80, stop: () => {} };
    },
    support,
  );
  return {
    server,
    connect(clientOptions = {}, faults = {}) {
      const link = new Link();
      const client = new FaultTransport(link.client, faults.client);
      const serverTransport = new FaultTransport(link.server, faults.server);
      const socket = connectWith(
        "ws://server.example.com/",
        clientOptions,
        async (_target, progress) => {
          accept(serverTransport);
          progress.opened(client);
        },
        support,
      );
      return { socket, client, server: serverTransport };
    },
  };
}
