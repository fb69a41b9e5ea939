/**
 * WebSocket server and client for Deno.
 *
 * @module
 */
import type {
  ConnectOptions,
  Reconnecting,
  ReconnectingOptions,
  ReconnectingUrl,
  ServeOptions,
  Server,
  Socket,
} from "@framewright/websocket";
import {
  type AnyConnectOptions,
  type AnyReconnectingOptions,
  type Connect,
  connectWith,
  reconnectingWith,
  serveWith,
} from "@framewright/websocket/transport";
import { listen } from "./listen.ts";
import { open } from "./open.ts";
import { networkWatch, runtimeSupport } from "./runtime-support.ts";

export * from "@framewright/websocket";
export { attach, createUpgrades } from "./attach.ts";
export { WebSocket, WebSocketStream } from "./websocket.ts";

/**
 * Starts a server for WebSocket connections (RFC 6455 section 4.2) and plain HTTP requests.
 *
 * @param options - Retained, not modified. Its handlers serve all connections.
 * @returns The server, when it is listening.
 * @throws TypeError or RangeError for an invalid option; ListenError if it cannot listen.
 *
 * @example
 * const server = await serve({
 *   port: 8080,
 *   message(socket, data) {
 *     socket.send(data);
 *   },
 * });
 */
export function serve<Data = undefined, Routes = Record<string, Data>>(
  options: ServeOptions<Data, Routes>,
): Promise<Server<Data | Routes[keyof Routes]>> {
  return serveWith(options, listen, runtimeSupport);
}

/**
 * Opens a WebSocket connection (RFC 6455 section 4.1).
 *
 * @param url - A `ws:` or `wss:` URL, or `ws+unix:/path/to.sock:/target` for a Unix socket.
 * @param options - Retained, not modified.
 * @returns The socket, when the opening handshake is done.
 * @throws TypeError or RangeError for an invalid URL or option; the reason of the option `signal` if
 *   it is aborted before; HandshakeError if the server cannot be reached or the opening handshake
 *   fails.
 *
 * @example
 * const socket = await connect("ws://127.0.0.1:8080/");
 * socket.send("hello");
 * for await (const message of socket) console.log(message);
 */
export function connect<Data = undefined>(
  url: string | { readonly href: string },
  options: ConnectOptions<Data> | undefined,
): Promise<Socket<Data>>;
export function connect(url: string | { readonly href: string }): Promise<Socket>;
export function connect<Data>(
  url: string | { readonly href: string },
  options: AnyConnectOptions<Data> = {},
): Promise<Socket<Data>> {
  return connectWith(url, options, open, runtimeSupport);
}

/**
 * Keeps a connection to a server: opens another one when it is lost, after a random time that grows.
 * See docs/reconnecting.md.
 *
 * @param url - As for `connect`, or a function that is called for each try with its number since the
 *   last good connection, from 0.
 * @param options - Retained, not modified. Its handlers serve all connections.
 * @throws TypeError for an unknown option; RangeError for an invalid time or number. Other mistakes
 *   reject `ready`.
 *
 * @example
 * const connection = reconnecting("wss://example.com/feed", {
 *   onConnect: (socket) => socket.send("subscribe"),
 *   message: (_socket, data) => console.log(data),
 * });
 * await connection.ready;
 */
export function reconnecting<Data = undefined>(
  url: ReconnectingUrl,
  options: ReconnectingOptions<Data> | undefined,
): Reconnecting<Data>;
export function reconnecting(url: ReconnectingUrl): Reconnecting;
export function reconnecting<Data>(
  url: ReconnectingUrl,
  options: AnyReconnectingOptions<Data> = {},
): Reconnecting<Data> {
  const connectOnce: Connect<Data> = (address, own) =>
    connectWith(address, own, open, runtimeSupport);
  return reconnectingWith(url, options, connectOnce, networkWatch);
}
