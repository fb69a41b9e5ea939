import type { AbortSignal, Transport, WebSocketUrl } from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";
import { setNoDelay } from "./listen.ts";

/** Connects with `Deno.connect` and, for TLS, `Deno.startTls`. */
export async function open(
  url: WebSocketUrl,
  ca: string | undefined,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
): Promise<void> {
  const { hostname, port, secure } = url;
  const conn = await Deno.connect({ hostname, port, signal: signal as globalThis.AbortSignal });
  setNoDelay(conn);
  if (!secure) return opened(new DenoTransport(conn));
  signal.addEventListener("abort", () => conn.close());
  const tls = await Deno.startTls(conn, {
    hostname,
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    alpnProtocols: ["http/1.1"],
  });
  // Only this checks the certificate.
  await tls.handshake();
  opened(new DenoTransport(tls));
}
