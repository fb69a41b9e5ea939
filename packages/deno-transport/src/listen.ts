import type { Listener, ListenOptions, Transport } from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";

/** Codes of `accept` errors that concern one connection, which was reset before it was accepted. */
const connectionErrors = new Set(["ENOTCONN", "ECONNABORTED", "ECONNRESET", "EPROTO"]);
/** Delay in milliseconds after another `accept` error, such as running out of descriptors. */
const acceptRetryDelay = 5;

/** Listens with `Deno.listen`, or with `node:tls` if a certificate is given. */
export async function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, tls } = options;
  // Without the flag, Deno would end the process instead of throwing. `listenDatagram` exists only
  // with the flag.
  if (reusePort && !("listenDatagram" in Deno)) throw new Error("reusePort needs --unstable-net");
  prepareSignals();
  if (tls !== undefined) {
    // Loaded only if TLS is used.
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

  // One `accept` at a time, because Deno rejects a second one while one is pending.
  async function acceptAll(): Promise<void> {
    while (!stopped) {
      let conn: Deno.TcpConn;
      try {
        conn = await listener.accept();
      } catch (error) {
        // An error while accepting one connection must not end the server.
        if (!stopped && !isAboutConnection(error)) await delay(acceptRetryDelay);
        continue;
      }
      if (stopped || !setNoDelay(conn)) conn.close();
      else accept(new DenoTransport(conn));
    }
  }
}

/**
 * Makes Deno open the descriptors that it needs for signals. Otherwise Deno opens them later and
 * panics if no descriptor is left, so that clients could end the process with many connections.
 */
function prepareSignals(): void {
  const ignore = () => {};
  try {
    Deno.addSignalListener("SIGWINCH", ignore);
    Deno.removeSignalListener("SIGWINCH", ignore);
  } catch {
    // Windows does not have this signal.
  }
}

function isAboutConnection(error: unknown): boolean {
  return connectionErrors.has((error as { code?: string }).code ?? "");
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Turns off Nagle's algorithm, so that messages do not wait for the acknowledgement of earlier
 * ones.
 *
 * @returns Whether it worked. False means that the connection is already closed.
 */
export function setNoDelay(conn: Deno.TcpConn): boolean {
  try {
    conn.setNoDelay(true);
    return true;
  } catch {
    return false;
  }
}
