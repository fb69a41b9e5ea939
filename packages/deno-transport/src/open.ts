import { setImmediate } from "node:timers";
import {
  checkSocketPath,
  type OpeningProgress,
  type TransportTarget,
} from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";
import { setNoDelay } from "./listen.ts";

/** Connects with `Deno.connect`, or with `node:tls` for `wss:`. */
export async function open(target: TransportTarget, progress: OpeningProgress): Promise<void> {
  const { url, host: hostname, localAddress } = target;
  if (url.secure) {
    // Loaded only if TLS is used.
    const { openTls } = await import("./open-tls.ts");
    return openTls(target, progress);
  }
  const { port, socketPath: path } = url;
  if (path !== "") {
    checkSocketPath(path, Deno.build.os);
    // No part of this takes time that the signal could cut short.
    progress.opened(new DenoTransport(await Deno.connect({ transport: "unix", path })));
    return;
  }
  if (localAddress !== undefined) {
    const { openFrom } = await import("./open-from.ts");
    return openFrom(target, progress);
  }
  const conn = await Deno.connect({ hostname, port, signal: delayed(progress.signal) });
  // The result is ignored, because the first read reports a connection that is already closed.
  setNoDelay(conn);
  progress.opened(new DenoTransport(conn));
}

/**
 * Returns a signal that is aborted later in the same turn of the event loop as another one.
 *
 * `Deno.connect` rejects if its signal is aborted before it has resolved, even if the connection stands
 * by then, and never closes that connection. Timers run before such results are delivered, immediates
 * after it.
 */
function delayed(signal: OpeningProgress["signal"]): globalThis.AbortSignal {
  const abort = new AbortController();
  signal.addEventListener("abort", () => setImmediate(() => abort.abort()));
  return abort.signal;
}
