/**
 * Servers and clients in memory, and a clock that a test moves: tests without ports that take
 * milliseconds. See docs/testing.md.
 *
 * @module
 */
import type { ConnectOptions } from "../client/connect-options.ts";
import type {
  Reconnecting,
  ReconnectingOptions,
  ReconnectingUrl,
} from "../client/reconnecting-types.ts";
import type { ServeOptions } from "../server/serve-options.ts";
import type { Server } from "../server/server.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { LinkOptions } from "./memory-transport.ts";
import { createNetwork } from "./network.ts";

export * from "../index.ts";
export type { Cut, CutKind, Direction, DirectionOptions } from "./direction.ts";
export { Link, type LinkOptions, MemoryTransport } from "./memory-transport.ts";
export { createNetwork, type Network, type NetworkOptions } from "./network.ts";
export { type Pair, type PairOptions, pair } from "./pair.ts";
export { RawPeer } from "./raw-peer.ts";
export { settle } from "./settle.ts";
export { TestClock } from "./test-clock.ts";

/** The network of `serve` and `connect`. */
const network = /* @__PURE__ */ createNetwork();

/**
 * Starts a server in memory, on a network that the whole process shares. See `Network.serve`.
 *
 * @example
 * const server = await serve({ message: (socket, data) => socket.send(data) });
 */
export function serve(): Promise<Server>;
export function serve<Data = undefined, Routes = Record<string, Data>>(
  options: ServeOptions<Data, Routes> | undefined,
): Promise<Server<Data | Routes[keyof Routes]>>;
export function serve<Data, Routes>(
  options?: ServeOptions<Data, Routes>,
): Promise<Server<Data | Routes[keyof Routes]>> {
  return network.serve(options);
}

/**
 * Connects to a server that `serve` of this module started. See `Network.connect`.
 *
 * @example
 * const socket = await connect("ws://server.test/");
 */
export function connect(url: string | { readonly href: string }): Promise<Socket>;
export function connect<Data = undefined>(
  url: string | { readonly href: string },
  options: ConnectOptions<Data> | undefined,
  link?: LinkOptions,
): Promise<Socket<Data>>;
export function connect<Data>(
  url: string | { readonly href: string },
  options?: ConnectOptions<Data>,
  link?: LinkOptions,
): Promise<Socket<Data>> {
  return network.connect(url, options, link);
}

/**
 * Keeps a connection to a server that `serve` of this module started. See `Network.reconnecting`.
 *
 * @example
 * const connection = reconnecting("ws://server.test/");
 */
export function reconnecting(url: ReconnectingUrl): Reconnecting;
export function reconnecting<Data = undefined>(
  url: ReconnectingUrl,
  options: ReconnectingOptions<Data> | undefined,
): Reconnecting<Data>;
export function reconnecting<Data>(
  url: ReconnectingUrl,
  options?: ReconnectingOptions<Data>,
): Reconnecting<Data> {
  return network.reconnecting(url, options);
}
