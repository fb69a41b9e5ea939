/**
 * WebSocket server and client for Bun.
 *
 * @module
 */
import type { ConnectOptions, ServeOptions, Server, Socket } from "@framewright/websocket";
import { connectWith, serveWith } from "@framewright/websocket/transport";
import { listen } from "./listen.ts";
import { open } from "./open.ts";
import { platform } from "./platform.ts";

export * from "@framewright/websocket";

/**
 * Listens for WebSocket connections (RFC 6455 section 4.2), and answers plain HTTP beside them.
 *
 * @param options - Retained, not modified. Its handlers serve all connections.
 * @throws TypeError or RangeError for a bad option; ListenError when it cannot listen.
 *
 * @example
 * const server = await serve({
 *   port: 8080,
 *   message(socket, data) {
 *     socket.send(data);
 *   },
 * });
 */
export function serve<Data = undefined>(options: ServeOptions<Data>): Promise<Server<Data>> {
  return serveWith(options, listen, platform);
}

/**
 * Opens a WebSocket connection (RFC 6455 section 4.1).
 *
 * @param url - `ws:` or `wss:`.
 * @param options - Retained, not modified.
 * @throws TypeError or RangeError for a bad URL or option; HandshakeError when the server cannot be
 *   reached or does not answer as a WebSocket server.
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
  return connectWith(url, options, open, platform);
}
