import type { ConnectOptions } from "../client/connect-options.ts";
import { checkOptionNames, checkOptions, type OptionNames } from "../options/option-values.ts";
import type { RuntimeAsyncDisposable } from "../runtime/disposal.ts";
import type { AnyServeOptions, ServeOptions } from "../server/serve-options.ts";
import type { HandlerResult } from "../socket/handlers.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { Link, LinkOptions } from "./memory-transport.ts";
import { createNetwork } from "./network.ts";

/**
 * Options of `pair`. `server` may only be omitted if `undefined` is a value of `ServerData`, and
 * `client` only if it is one of `ClientData`.
 */
export type PairOptions<ServerData = undefined, ClientData = undefined> = AnyPairOptions<
  ServerData,
  ClientData
> &
  (undefined extends ServerData ? unknown : { readonly server: ServeOptions<ServerData> }) &
  (undefined extends ClientData ? unknown : { readonly client: ConnectOptions<ClientData> });

/** `PairOptions`, where everything may be omitted. */
export interface AnyPairOptions<ServerData = undefined, ClientData = undefined> {
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

const pairOptionNames: OptionNames<AnyPairOptions> = {
  server: 1,
  client: 1,
  url: 1,
  link: 1,
  support: 1,
};

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
export function pair(): Promise<Pair>;
export function pair<ServerData = undefined, ClientData = undefined>(
  options: PairOptions<ServerData, ClientData> | undefined,
): Promise<Pair<ServerData, ClientData>>;
export async function pair<ServerData, ClientData>(
  options: AnyPairOptions<ServerData, ClientData> = {},
): Promise<Pair<ServerData, ClientData>> {
  checkOptions(options, "pair");
  checkOptionNames(options, pairOptionNames);
  const { link, support, url = "ws://server.test/" } = options;
  const serveOptions: AnyServeOptions<ServerData> = options.server ?? {};
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
    const client = await network.connect(url, options.client);
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
  options: AnyServeOptions<Data>,
  open: (socket: Socket<Data>) => HandlerResult,
): ServeOptions<Data> {
  if (Object.getPrototypeOf(options) === Object.prototype) {
    return { ...options, open } as ServeOptions<Data>;
  }
  return Object.assign(Object.create(options), { open });
}
