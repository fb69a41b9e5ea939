import { once } from "node:events";
import type { Server } from "node:http";
import type { Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { settings } from "./settings.ts";

/** Creates a server of `node:http2` that takes extended CONNECT, with TLS if the settings say so. */
export async function createHttp2Server(): Promise<Http2Server> {
  const { createSecureServer, createServer } = await import("node:http2");
  const { tls, window } = settings;
  const windows = window === undefined ? {} : { initialWindowSize: window };
  const shared = { settings: { enableConnectProtocol: true, ...windows } };
  const server =
    tls === undefined ? createServer(shared) : createSecureServer({ ...shared, ...tls });
  if (window !== undefined) server.on("session", (session) => session.setLocalWindowSize(window));
  return server;
}

/** Creates a server of `node:http`, or of `node:https` if the settings have a certificate. */
export async function createHttpServer(): Promise<Server> {
  const { tls } = settings;
  if (tls === undefined) return (await import("node:http")).createServer();
  return (await import("node:https")).createServer(tls);
}

/** Listens on a free port and returns it. */
export async function listen(server: Server | Http2Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
