import type { Listener, ListenOptions, Transport } from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";
import { listenWithHandles } from "./handle-listener.ts";
import { streamHandles } from "./stream-handle.ts";

/** Codes of `accept` errors that concern one connection, which was reset before it was accepted. */
const connectionErrors = new Set(["ENOTCONN", "ECONNABORTED", "ECONNRESET", "EPROTO"]);
/** Delay in milliseconds after another `accept` error, such as running out of descriptors. */
const acceptRetryDelay = 5;

/**
 * Listens with the handles of `node:net`, with `Deno.listen` where they cannot be used, or with
 * `node:tls` if a certificate is given.
 */
export async function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, unix, tls } = options;
  // Without the flag, Deno would end the process instead of throwing. `listenDatagram` exists only
  // with the flag.
  if (reusePort && !("listenDatagram" in Deno)) throw new Error("reusePort needs --unstable-net");
  prepareSignals();
  // Loaded only if TLS or Unix sockets are used.
  if (tls !== undefined) {
    const { listenSecure } = await import("./listen-tls.ts");
    return listenSecure({ ...options, tls }, accept);
  }
  if (unix !== undefined) {
    const { listenOnPath } = await import("./listen-path.ts");
    return listenOnPath(unix, accept);
  }
  const handles = reusePort ? undefined : streamHandles();
  if (handles !== undefined) return listenWithHandles(handles, { port, hostname }, accept);
  return listenWithConnections({ port, hostname, reusePort }, accept);
}

/** Listens on a TCP port with `Deno.listen`. */
function listenWithConnections(
  options: { port: number; hostname: string; reusePort: boolean },
  accept: (transport: Transport) => void,
): Listener {
  const listener = Deno.listen(options);
  const stop = acceptAll(listener, (conn) => {
    if (setNoDelay(conn)) accept(new DenoTransport(conn));
    else conn.close();
  });
  return { port: listener.addr.port, stop: () => void stop() };
}

/**
 * Accepts connections until it is stopped.
 *
 * @returns Closes the listener. The promise resolves when Deno has released it, which a pending
 *   `accept` delays.
 */
export function acceptAll<Conn extends Deno.Conn>(
  listener: { accept(): Promise<Conn>; close(): void },
  accept: (conn: Conn) => void,
): () => Promise<void> {
  let stopped = false;
  const ended = run();
  return () => {
    stopped = true;
    listener.close();
    return ended;
  };

  // One `accept` at a time, because Deno rejects a second one while one is pending.
  async function run(): Promise<void> {
    while (!stopped) {
      let conn: Conn;
      try {
        conn = await listener.accept();
      } catch (error) {
        // An error while accepting one connection must not end the server.
        if (!stopped && !isAboutConnection(error)) await delay(acceptRetryDelay);
        continue;
      }
      if (stopped) conn.close();
      else accept(conn);
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
