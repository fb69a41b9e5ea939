import type { Listener, ListenOptions, Transport } from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";

/** Errors of `accept` that are about one connection, which was reset before it was accepted. */
const connectionErrors = new Set(["ENOTCONN", "ECONNABORTED", "ECONNRESET", "EPROTO"]);
/** How long to wait after another error, such as that no descriptors are left, in milliseconds. */
const acceptRetryDelay = 5;

/** Listens with `Deno.listen`, or for TLS with `node:tls`. */
export async function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, tls } = options;
  // Without the flag Deno would not throw but end the process; what else needs it is not there then.
  if (reusePort && !("listenDatagram" in Deno)) throw new Error("reusePort needs --unstable-net");
  prepareSignals();
  if (tls !== undefined) {
    // Only who needs TLS loads it.
    const { listenTls } = await import("./listen-tls.ts");
    return listenTls(options, tls, accept);
  }
  const listener = Deno.listen({ port, hostname, reusePort });
  let stopped = false;
  void acceptAll();
  return {
    port: listener.addr.port,
    stop: () => {
      stopped = true;
      listener.close();
    },
  };

  // One at a time: Deno refuses a second `accept` while one is pending.
  async function acceptAll(): Promise<void> {
    while (!stopped) {
      let conn: Deno.TcpConn;
      try {
        conn = await listener.accept();
      } catch (error) {
        // A connection that could not be accepted is the client's loss, not the server's end.
        if (!stopped && !isAboutConnection(error)) await delay(acceptRetryDelay);
        continue;
      }
      if (stopped || !setNoDelay(conn)) conn.close();
      else accept(new DenoTransport(conn));
    }
  }
}

/**
 * Has Deno open the descriptors that it needs for signals. Left to itself it does so later, and where no descriptor is left
 * by then the process panics: clients could end it by connecting often enough.
 */
function prepareSignals(): void {
  const ignore = () => {};
  try {
    Deno.addSignalListener("SIGWINCH", ignore);
    Deno.removeSignalListener("SIGWINCH", ignore);
  } catch {
    // Windows has no such signal.
  }
}

function isAboutConnection(error: unknown): boolean {
  return connectionErrors.has((error as { code?: string }).code ?? "");
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Sends small writes at once: messages must not wait for the acknowledgement of earlier ones.
 *
 * @returns false when the connection is gone already.
 */
export function setNoDelay(conn: Deno.TcpConn): boolean {
  try {
    conn.setNoDelay(true);
    return true;
  } catch {
    return false;
  }
}
