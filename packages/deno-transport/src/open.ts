import type { AbortSignal, Transport, WebSocketUrl } from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";
import { setNoDelay } from "./listen.ts";

/** Connects with `Deno.connect`, or for TLS with `node:tls`. */
export async function open(
  url: WebSocketUrl,
  ca: string | undefined,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
): Promise<void> {
  if (url.secure) {
    // Only who needs TLS loads it.
    const { openTls } = await import("./open-tls.ts");
    return openTls(url, ca, signal, opened);
  }
  const { hostname, port } = url;
  const conn = await Deno.connect({ hostname, port, signal: signal as globalThis.AbortSignal });
  // Reading says what has become of a connection that is gone already.
  setNoDelay(conn);
  opened(new DenoTransport(conn));
}
