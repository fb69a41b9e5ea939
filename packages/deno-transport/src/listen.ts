import type { Listener, ListenOptions, Transport } from "@framewright/websocket/transport";
import { DenoTransport } from "./deno-transport.ts";

/** How long to wait after a failed accept (too many open files, say), in milliseconds. */
const acceptRetryDelay = 50;

/** Listens with `Deno.listen` or `Deno.listenTls`. */
export async function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { tls } = options;
  const address = addressOf(options);
  const listener =
    tls === undefined ? Deno.listen(address) : Deno.listenTls({ ...address, ...tls });
  let stopped = false;
  void acceptAll();
  return {
    port: listener.addr.port,
    stop: () => {
      stopped = true;
      listener.close();
    },
  };

  async function acceptAll(): Promise<void> {
    while (!stopped) {
      try {
        const conn = await listener.accept();
        setNoDelay(conn);
        accept(new DenoTransport(conn));
      } catch {
        // A connection that could not be accepted is the client's loss, not the server's end.
        if (!stopped) await new Promise((resolve) => setTimeout(resolve, acceptRetryDelay));
      }
    }
  }
}

function addressOf({ port, hostname, reusePort }: ListenOptions) {
  // Without the flag Deno would not throw but end the process; what else needs it is not there then.
  if (reusePort && !("listenDatagram" in Deno)) throw new Error("reusePort needs --unstable-net");
  return { port, hostname, reusePort };
}

/** Messages must not wait for the acknowledgement of earlier ones; TLS connections cannot say so. */
export function setNoDelay(conn: Deno.Conn): void {
  if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
}
