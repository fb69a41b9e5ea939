import { parseWebSocketUrl } from "@framewright/codec/handshake";
import { connectWith } from "../client/connect.ts";
import type { AnyConnectOptions, ConnectOptions } from "../client/connect-options.ts";
import type { OpenTransport } from "../client/open-transport.ts";
import { type Connect, reconnectingWith } from "../client/reconnecting.ts";
import type {
  AnyReconnectingOptions,
  Reconnecting,
  ReconnectingOptions,
  ReconnectingUrl,
} from "../client/reconnecting-types.ts";
import { checkOptionNames, checkOptions, type OptionNames } from "../options/option-values.ts";
import { type AbortSignal, globals } from "../runtime/globals.ts";
import type { AnyServeOptions, ServeOptions } from "../server/serve-options.ts";
import { type Server, serveWith } from "../server/server.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { ZlibModule } from "../zlib/zlib-stream.ts";
import { MemoryHosts } from "./memory-hosts.ts";
import { Link, type LinkOptions } from "./memory-transport.ts";
import { RawPeer } from "./raw-peer.ts";
import { nextTurn } from "./settle.ts";

/** Deterministic on all runtimes: nothing of it depends on a runtime's sockets. */
const memorySupport: RuntimeSupport = {
  // Loaded only when compression is used.
  zlib: () => globals.process?.getBuiltinModule?.("node:zlib") as ZlibModule | undefined,
  nextTurn,
};

/** Options of `createNetwork`. */
export interface NetworkOptions {
  /** How bytes move on all connections that do not say otherwise. Default: at once. */
  readonly link?: LinkOptions;
  /**
   * What a runtime provides to servers and clients, for tests of a transport. Default: what all
   * runtimes have.
   */
  readonly support?: RuntimeSupport;
}

/**
 * Servers and clients in memory, with the real codec, handshakes and sockets. Only the bytes do not
 * pass through the operating system. Networks know nothing of each other.
 *
 * @example
 * const network = createNetwork({ link: { toServer: { latency: 20 } } });
 * await using server = await network.serve({ message: (socket, data) => socket.send(data) });
 * const socket = await network.connect("ws://server.test/");
 */
export class Network {
  private readonly hosts = new MemoryHosts();
  private readonly open = new Set<Link>();
  private readonly options: NetworkOptions;
  private isUp = true;

  constructor(options: NetworkOptions = {}) {
    checkOptions(options, "createNetwork");
    checkOptionNames(options, { link: 1, support: 1 } satisfies OptionNames<NetworkOptions>);
    this.options = options;
  }

  /** The connections that are not closed, oldest first. */
  get links(): readonly Link[] {
    for (const link of this.open) if (!link.isOpen) this.open.delete(link);
    return [...this.open];
  }

  /**
   * Starts a server in memory. The options are those of `serve` of a transport package.
   *
   * @param options - Retained, not modified. Without `port`, the server listens on port 80, or with
   *   `tls` on 443, so that URLs need none; without `hostname` on all names. Nothing is encrypted:
   *   `tls` only decides which of `ws:` and `wss:` reaches the server.
   * @throws TypeError or RangeError for an invalid option; ListenError if another server of the
   *   network has the address.
   */
  serve<Data = undefined, Routes = Record<string, Data>>(
    options: ServeOptions<Data, Routes> | undefined,
  ): Promise<Server<Data | Routes[keyof Routes]>>;
  serve(): Promise<Server>;
  serve<Data, Routes>(
    options: AnyServeOptions<Data, Routes> = {},
  ): Promise<Server<Data | Routes[keyof Routes]>> {
    const { port, hostname } = options;
    const asked = {
      ...(port === undefined ? {} : { port }),
      ...(hostname === undefined ? {} : { hostname }),
    };
    return serveWith(
      options,
      async (address, accept) => {
        const listener = this.hosts.listen(address, asked, address.tls !== undefined, accept);
        return {
          port: listener.port,
          stop: () => this.hosts.stop(listener),
          setTls: () => {},
        };
      },
      this.support,
    );
  }

  /**
   * Connects to a server of this network.
   *
   * @param url - A `ws:` or `wss:` URL with any host name, or a `ws+unix:` URL.
   * @param options - Those of `connect` of a transport package. Retained, not modified.
   * @param link - How bytes move on this connection. Default: as on all of the network.
   * @throws TypeError or RangeError for an invalid URL or option; HandshakeError if no server
   *   listens there or the opening handshake fails.
   */
  connect<Data = undefined>(
    url: string | { readonly href: string },
    options: ConnectOptions<Data> | undefined,
    link?: LinkOptions,
  ): Promise<Socket<Data>>;
  connect(url: string | { readonly href: string }): Promise<Socket>;
  async connect<Data>(
    url: string | { readonly href: string },
    options: AnyConnectOptions<Data> = {},
    link: LinkOptions = {},
  ): Promise<Socket<Data>> {
    const open: OpenTransport = async (target, progress) => {
      const made = this.createLink(link);
      await roundTrip(made, progress.signal);
      const listener = this.isUp ? this.hosts.find(target.url) : undefined;
      if (listener === undefined) throw refusedError();
      this.open.add(made);
      listener.accept(made.server);
      progress.opened(made.client);
    };
    return connectWith(url, options, open, this.support);
  }

  /**
   * Keeps a connection to a server of this network. See `reconnecting` of a transport package.
   *
   * @throws TypeError for an unknown option; RangeError for an invalid time or number.
   */
  reconnecting<Data = undefined>(
    url: ReconnectingUrl,
    options: ReconnectingOptions<Data> | undefined,
  ): Reconnecting<Data>;
  reconnecting(url: ReconnectingUrl): Reconnecting;
  reconnecting<Data>(
    url: ReconnectingUrl,
    options: AnyReconnectingOptions<Data> = {},
  ): Reconnecting<Data> {
    const connect: Connect<Data> = (address, own) =>
      this.connect(address, own as ConnectOptions<Data>);
    return reconnectingWith(url, options, connect);
  }

  /**
   * Connects a client that sends any bytes to the server at a URL. The opening handshake is up to it.
   *
   * @throws TypeError for an invalid URL; Error with the code ECONNREFUSED if no server listens there.
   */
  dial(url: string, link: LinkOptions = {}): RawPeer {
    const made = this.createLink(link);
    const listener = this.isUp ? this.hosts.find(parseWebSocketUrl(url)) : undefined;
    if (listener === undefined) throw refusedError();
    this.open.add(made);
    const peer = new RawPeer(made.client);
    listener.accept(made.server);
    return peer;
  }

  /** Resets all connections, and refuses new ones until `start`: the server's machine restarts. */
  stop(): void {
    this.isUp = false;
    for (const link of this.links) link.reset();
  }

  /** Accepts connections again after `stop`. */
  start(): void {
    this.isUp = true;
  }

  private get support(): RuntimeSupport {
    return this.options.support ?? memorySupport;
  }

  private createLink(options: LinkOptions): Link {
    return new Link({ ...this.options.link, ...options });
  }
}

/** Creates a network without servers. See `Network`. */
export function createNetwork(options: NetworkOptions = {}): Network {
  return new Network(options);
}

/** Waits as long as a TCP connection takes to open. */
function roundTrip({ toServer, toClient }: Link, signal: AbortSignal): Promise<void> {
  const time = toServer.latency + toClient.latency;
  if (time === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = globals.setTimeout(resolve, time, undefined);
    signal.addEventListener("abort", () => {
      globals.clearTimeout(timer);
      reject(new Error("connecting was stopped"));
    });
  });
}

/** The error of a connection that no server accepts, with the code of the operating system. */
function refusedError(): Error {
  return Object.assign(new Error("the connection was refused"), { code: "ECONNREFUSED" });
}
