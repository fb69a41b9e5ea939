import {
  type AbortSignal,
  type ClientTlsSettings,
  checkSocketPath,
  type Transport,
  type WebSocketUrl,
} from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";
import { setNoDelay } from "./listen.ts";

/** Connects with `Deno.connect`, or with `node:tls` for `wss:`. */
export async function open(
  url: WebSocketUrl,
  tls: ClientTlsSettings,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
  connected: () => void,
): Promise<void> {
  if (url.secure) {
    // Loaded only if TLS is used.
    const { openTls } = await import("./open-tls.ts");
    return openTls(url, tls, signal, opened, connected);
  }
  const { hostname, port, socketPath: path } = url;
  if (path !== "") {
    checkSocketPath(path, Deno.build.os);
    // No part of this takes time that the signal could cut short.
    opened(new DenoTransport(await Deno.connect({ transport: "unix", path })));
    return;
  }
  const conn = await Deno.connect({ hostname, port, signal: signal as globalThis.AbortSignal });
  // The result is ignored, because the first read reports a connection that is already closed.
  setNoDelay(conn);
  opened(new DenoTransport(conn));
}
