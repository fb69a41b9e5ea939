import type { AbortSignal, Transport, WebSocketUrl } from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";
import { setNoDelay } from "./listen.ts";

/** Connects with `Deno.connect`, or with `node:tls` for `wss:`. */
export async function open(
  url: WebSocketUrl,
  ca: string | undefined,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
): Promise<void> {
  if (url.secure) {
    // Loaded only if TLS is used.
    const { openTls } = await import("./open-tls.ts");
    return openTls(url, ca, signal, opened);
  }
  const { hostname, port } = url;
  const conn = await Deno.connect({ hostname, port, signal: signal as globalThis.AbortSignal });
  // The result is ignored, because the first read reports a connection that is already closed.
  setNoDelay(conn);
  opened(new DenoTransport(conn));
}
