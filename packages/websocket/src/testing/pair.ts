import type { ConnectOptions } from "../client/connect-options.ts";
import type { RuntimeAsyncDisposable } from "../runtime/disposal.ts";
import type { ServeOptions } from "../server/serve-options.ts";
import type { HandlerResult } from "../socket/handlers.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { Link, LinkOptions } from "./memory-transport.ts";
import { createNetwork } from "./network.ts";

/** Options of `pair`. */
export interface PairOptions<ServerData = undefined, ClientData = undefined> {
  /** Options and handlers of the server. */
  readonly server?: ServeOptions<ServerData>;
  /** Options and handlers of the client. */
  readonly client?: ConnectOptions<ClientData>;
  /** The URL that the client asks for. Default "ws://server.test/". */
  readonly url?: string;
  /** How bytes move between the two. Default: at once. */
  readonly link?: LinkOptions;
  /** See `NetworkOptions`. */
  readonly support?: RuntimeSupport;
}

/** A client's and a server's socket that are connected. */
export interface Pair<ServerData = undefined, ClientData = undefined>
  extends RuntimeAsyncDisposable {
  readonly client: Socket<ClientData>;
  readonly server: Socket<ServerData>;
  /** The connection between them. */
  readonly link: Link;
  /** Closes the server's socket with 1001, and with it the client's. Resolves when both are closed. */
  close(): Promise<void>;
}

/**
 * Connects a client's and a server's socket in memory, on a network of their own.
 *
 * @throws TypeError or RangeError for an invalid option; HandshakeError if the opening handshake
 *   fails.
 *
 * @example
 * const { client, server, link } = await pair();
 * link.toClient.hold();
 * server.send("hello"); // does not arrive before link.toClient.release()
 */
export async function pair<ServerData = undefined, ClientData = undefined>(
  options: PairOptions<ServerData, ClientData> = {},
): Promise<Pair<ServerData, ClientData>> {
  const { link, support, url = "ws://server.test/", server: serveOptions = {} } = options;
  const network = createNetwork({
    ...(link === undefined ? {} : { link }),
    ...(support === undefined ? {} : { support }),
  });
  let opened: (socket: Socket<ServerData>) => void = () => {};
  const serverSocket = new Promise<Socket<ServerData>>((resolve) => {
    opened = resolve;
  });
  const server = await network.serve<ServerData>(
    withOpen(serveOptions, (socket) => {
      opened(socket);
      return serveOptions.open?.(socket);
    }),
  );
  const close = async () => {
    await server.close();
  };
  try {
    const client = await network.connect<ClientData>(url, options.client);
    const [made] = network.links;
    const socket = await serverSocket;
    // Without connections, the server is not needed any more, and it must not keep the process alive.
    void socket.closed.then(close);
    return { client, server: socket, link: made, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Returns options with another `open` handler. Those of a class keep its other methods. */
function withOpen<Data>(
  options: ServeOptions<Data>,
  open: (socket: Socket<Data>) => HandlerResult,
): ServeOptions<Data> {
  if (Object.getPrototypeOf(options) === Object.prototype) return { ...options, open };
  return Object.assign(Object.create(options), { open });
}
