import type { AttachedServer, AttachOptions, HttpServer, Upgrades } from "@framewright/websocket";
import { attachWith, createUpgradesWith } from "@framewright/websocket/transport";
import { runtimeSupport } from "./runtime-support.ts";
import { endStuckSessions } from "./stuck-sessions.ts";
import { wrapSocket } from "./wrap-socket.ts";

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
