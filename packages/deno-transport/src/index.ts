/**
 * WebSocket server and client for Deno.
 *
 * @module
 */
import type { ConnectOptions, ServeOptions, Server, Socket } from "@framewright/websocket";
import { connectWith, serveWith } from "@framewright/websocket/transport";
import { listen } from "./listen.ts";
import { open } from "./open.ts";
import { runtimeSupport } from "./runtime-support.ts";

export * from "@framewright/websocket";

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
 * @throws TypeError or RangeError for an invalid URL or option; HandshakeError if the server cannot
 *   be reached or the opening handshake fails.
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
