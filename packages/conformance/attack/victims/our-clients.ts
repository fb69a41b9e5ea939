import type {
  ConnectOptions,
  Reconnecting,
  ReconnectingError,
  ReconnectingOptions,
  Socket,
} from "@framewright/websocket";
import type { Clients, Dialled } from "./dial.ts";

interface Transport {
  connect(url: string, options: ConnectOptions): Promise<Socket>;
  reconnecting(url: string, options: ReconnectingOptions): Reconnecting;
}
interface WebSockets {
  readonly WebSocket: new (url: string, options: object) => ReturnType<Clients["socket"]>;
}

async function packages(): Promise<[Transport, WebSockets]> {
  if ("Bun" in globalThis) {
    return [
      await import("@framewright/bun-transport"),
      await import("@framewright/bun-transport/websocket"),
    ];
  }
  if ("Deno" in globalThis) {
    return [
      await import("@framewright/deno-transport"),
      await import("@framewright/deno-transport/websocket"),
    ];
  }
  return [
    await import("@framewright/node-transport"),
    await import("@framewright/node-transport/websocket"),
  ];
}

/** Returns the clients of Framewright on the runtime that runs this. */
export async function ourClients(): Promise<Clients> {
  const [{ connect, reconnecting }, { WebSocket }] = await packages();
  const options = ({ handshakeTimeout, ca }: Dialled) => ({
    handshakeTimeout,
    closeTimeout: 200,
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
  return {
    connect: (dialled) => connect(dialled.url, options(dialled)),
    async reconnecting(dialled) {
      const connection = reconnecting(dialled.url, { ...options(dialled), maxTries: 1 });
      try {
        const socket = await connection.ready;
        const closed = connection.closed.then(() => socket.closed);
        return { close: () => connection.close(), closed };
      } catch (error) {
        const { failure } = error as ReconnectingError;
        // It was open, and was lost before anybody could use it.
        if (failure !== undefined && failure.statusCode !== 0)
          return { close() {}, closed: Promise.resolve(failure) };
        throw failure?.error;
      }
    },
    socket: (dialled) => new WebSocket(dialled.url, options(dialled)),
  };
}
