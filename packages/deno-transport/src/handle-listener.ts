import { createServer, type Server } from "node:net";
import type { Listener, Transport } from "@framewright/websocket/transport";
import { HandleTransport } from "./handle-transport.ts";
import type { StreamHandle, StreamHandles } from "./stream-handle.ts";

/** Connections that wait to be accepted; the default of `node:net`. */
const backlog = 511;
/** A handle that has accepted nothing for this many milliseconds is replaced. */
const renewalInterval = 1_000;

/**
 * Listens on a TCP port, with handles that read and write without a promise.
 *
 * @param handles - From `streamHandles`.
 */
export async function listenWithHandles(
  handles: StreamHandles,
  address: { port: number; hostname: string },
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, handle } = await bind(address);
  const listener = new HandleListener(handles, handle, accept);
  return { port, stop: () => listener.stop() };
}

/** Lets `node:net` resolve the name, check the permission and bind the port. */
function bind({ port, hostname }: { port: number; hostname: string }) {
  return new Promise<{ port: number; handle: StreamHandle }>((resolve, reject) => {
    const server: Server & { _handle?: StreamHandle } = createServer();
    server.once("error", reject);
    server.listen({ port, host: hostname }, () => {
      const address = server.address() as { port: number };
      resolve({ port: address.port, handle: server._handle as StreamHandle });
    });
  });
}

class HandleListener {
  private readonly handles: StreamHandles;
  private readonly accept: (transport: Transport) => void;
  private handle: StreamHandle;
  /** Whether a connection was accepted since the last tick of `timer`. */
  private hasAccepted = false;
  private readonly timer = setInterval(() => this.renew(), renewalInterval);

  constructor(
    handles: StreamHandles,
    handle: StreamHandle,
    accept: (transport: Transport) => void,
  ) {
    this.handles = handles;
    this.accept = accept;
    this.handle = handle;
    handle.onconnection = this.onConnection;
    Deno.unrefTimer(this.timer as unknown as number);
  }

  stop(): void {
    clearInterval(this.timer);
    this.handle.close();
  }

  private readonly onConnection = (status: number): void => {
    this.hasAccepted = true;
    const client = new this.handles.TCP(this.handles.socketType.SOCKET);
    const peer: { address?: string } = {};
    const isOpen = status === 0 && this.handle.accept(client) === 0;
    // The peer may have reset the connection already.
    if (!isOpen || client.getpeername(peer) !== 0) return client.close();
    client.setNoDelay(true);
    this.accept(new HandleTransport(client, peer.address ?? ""));
  };

  /**
   * Replaces the handle by a new one of the same socket. Deno accepts nothing more with a handle after
   * an error, such as running out of descriptors, and does not report the error. A renewal takes
   * 0.1 ms, and connections that wait to be accepted go on waiting.
   */
  private renew(): void {
    const { hasAccepted, handles } = this;
    this.hasAccepted = false;
    if (hasAccepted) return;
    const descriptor = this.handle.fdForIpc();
    // No descriptor is left, so nothing can be accepted either.
    if (descriptor < 0) return;
    const handle = new handles.TCP(handles.socketType.SERVER);
    handle.onconnection = this.onConnection;
    if (handle.open(descriptor) !== 0 || handle.listen(backlog) !== 0) return handle.close();
    this.handle.close();
    this.handle = handle;
  }
}
