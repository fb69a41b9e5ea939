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
  const tls = await Deno.startTls(conn, {
    hostname,
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    alpnProtocols: ["http/1.1"],
  });
  const abort = () => tls.close();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    // Only this checks the certificate.
    await tls.handshake();
  } catch (error) {
    if (!signal.aborted) tls.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  opened(new DenoTransport(tls));
}
