import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What happens to one direction of a connection. */
export interface DirectionFaults {
  /** The lengths in which bytes are passed on, over and over: received chunks are split and merged. */
  readonly pieces: readonly number[];
  /** The time before each piece in milliseconds, over and over. */
  readonly delays: readonly number[];
  /**
   * What happens after this many bytes: the direction ends, the connection is reset, or all further
   * bytes are lost.
   */
  readonly cut?: { readonly after: number; readonly kind: "end" | "reset" | "silence" } | undefined;
}

export interface ProxyFaults {
  /** From the client to the server. */
  readonly up: DirectionFaults;
  readonly down: DirectionFaults;
}

/** A TCP proxy whose next connection has given faults. */
export class FaultProxy {
  /** The faults of the next connection. */
  faults: ProxyFaults | undefined = undefined;
  /** The port of the server behind the proxy. */
  target = 0;
  private readonly listener: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(listener: Server) {
    this.listener = listener;
    listener.on("connection", (client) => this.accept(client));
  }

  static async start(): Promise<FaultProxy> {
    const listener = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new FaultProxy(listener);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** Ends all connections as if the path had failed. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  stop(): void {
    this.reset();
    this.listener.close();
  }

  private accept(client: Socket): void {
    const { faults } = this;
    if (faults === undefined) return void client.destroy();
    const server = connect({ host: "127.0.0.1", port: this.target, allowHalfOpen: true });
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
    }
    void pump(client, server, faults.up);
    void pump(server, client, faults.down);
  }
}

/** Passes on what one side sends, until it ends, fails or is cut. */
async function pump(source: Socket, target: Socket, faults: DirectionFaults): Promise<void> {
  const { pieces, delays, cut } = faults;
  let waiting = Buffer.alloc(0);
  let hasEnded = false;
  let wake = () => {};
  source.on("data", (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    wake();
  });
  source.on("end", () => {
    hasEnded = true;
    wake();
  });
  source.on("error", () => {});
  source.on("close", () => {
    if (!hasEnded) target.resetAndDestroy();
    wake();
  });
  let passed = 0;
  // A source that has ended may be destroyed before its last bytes have been passed on.
  for (let count = 0; !target.destroyed && (hasEnded || !source.destroyed); count++) {
    if (waiting.length === 0 && !hasEnded) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    const pause = delays[count % delays.length];
    // A longer piece merges what comes meanwhile.
    if (pause > 0) await delay(pause);
    const most = Math.min(pieces[count % pieces.length], (cut?.after ?? Infinity) - passed);
    const piece = waiting.subarray(0, most);
    if (piece.length > 0 && target.writable) target.write(piece);
    waiting = waiting.subarray(piece.length);
    passed += piece.length;
    if (passed === cut?.after) return cutOff(source, target, cut.kind);
    if (hasEnded && waiting.length === 0) return void target.end();
  }
}

function cutOff(source: Socket, target: Socket, kind: "end" | "reset" | "silence"): void {
  if (kind === "end") target.end();
  else if (kind === "reset") {
    source.resetAndDestroy();
    target.resetAndDestroy();
  }
  // What follows is read and lost: `data` listeners stay.
}
