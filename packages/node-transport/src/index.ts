/**
 * WebSocket server and client for Node.
 *
 * @module
 */
import type {
  AttachedServer,
  AttachOptions,
  ConnectOptions,
  HttpServer,
  Reconnecting,
  ReconnectingOptions,
  ReconnectingUrl,
  ServeOptions,
  Server,
  Socket,
  Upgrades,
} from "@framewright/websocket";
import {
  attachWith,
  connectWith,
  createUpgradesWith,
  reconnectingWith,
  serveWith,
} from "@framewright/websocket/transport";
import { listen } from "./listen.ts";
import { open } from "./open.ts";
import { networkWatch, runtimeSupport } from "./runtime-support.ts";
import { endStuckSessions } from "./stuck-sessions.ts";
import { wrapSocket } from "./wrap-socket.ts";

export * from "@framewright/websocket";
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
  options: ConnectOptions<Data> = {},
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
  options: ReconnectingOptions<Data> = {},
): Reconnecting<Data> {
  return reconnectingWith(url, options, connect, networkWatch);
}

/**
 * Adds WebSockets to an HTTP server of `node:http`, `node:https` or `node:http2`, beside its other
 * requests. Over HTTP/2 each is a stream (RFC 8441): several WebSockets and pages share one TCP
 * connection. Requests for other paths are left to the server's other listeners; if there are none,
 * they get 404.
 *
 * @param httpServer - Not closed by the result's `close`.
 * @param options - Retained, not modified. Its handlers serve all connections.
 * @throws TypeError or RangeError for an invalid option.
 *
 * @example
 * const httpServer = createServer(app).listen(8080);
 * const server = attach(httpServer, {
 *   path: "/ws",
 *   message: (socket, data) => socket.send(data),
 * });
 */
export function attach<Data = undefined, Routes = Record<string, Data>>(
  httpServer: HttpServer,
  options: AttachOptions<Data, Routes>,
): AttachedServer<Data | Routes[keyof Routes]> {
  const server = attachWith(httpServer, options, wrapSocket, runtimeSupport);
  endStuckSessions(httpServer);
  return server;
}

/**
 * Creates a server whose connections your own `upgrade` listener passes on with `handleUpgrade`.
 *
 * @param options - Retained, not modified. Its handlers serve all connections.
 * @throws TypeError or RangeError for an invalid option.
 *
 * @example
 * const upgrades = createUpgrades({ message: (socket, data) => socket.send(data) });
 * httpServer.on("upgrade", (request, socket, head) => {
 *   void upgrades.handleUpgrade(request, socket, head);
 * });
 */
export function createUpgrades<Data = undefined, Routes = Record<string, Data>>(
  options: AttachOptions<Data, Routes>,
): Upgrades<Data | Routes[keyof Routes]> {
  return createUpgradesWith(options, wrapSocket, runtimeSupport);
}
