import type { Transport, TransportListener } from "@framewright/websocket/transport";

/** What one end of a pipe receives: bytes, the end of the peer's direction, or a failure. */
type Arrival = Uint8Array | "end" | Error;

/**
 * One end of a connection in memory that behaves like TCP. It calls its listener in microtasks only.
 * An end that is destroyed before both directions have ended resets the other one, which reads what
 * has arrived before it fails.
 */
export class PipeEnd implements Transport {
  declare listener: TransportListener;
  declare peer: PipeEnd;
  readonly remoteAddress: string;
  readonly pending = 0;
  private readonly arrivals: Arrival[] = [];
  private isPaused = false;
  private isDelivering = false;
  private hasOutputEnded = false;
  private hasInputEnded = false;
  private isDestroyed = false;

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
  }

  write(bytes: Uint8Array): number {
    if (this.isDestroyed || this.hasOutputEnded) return 0;
    if (this.peer.isDestroyed) this.arrive(new Error("the connection was reset"));
    else this.peer.arrive(bytes.slice());
    return bytes.length;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.deliverSoon();
  }

  shutdown(): void {
    if (this.isDestroyed || this.hasOutputEnded) return;
    this.hasOutputEnded = true;
    this.peer.arrive("end");
    this.closeIfEnded();
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.arrivals.length = 0;
    if (!this.hasOutputEnded) this.peer.arrive(new Error("the connection was reset"));
  }

  private arrive(arrival: Arrival): void {
    if (this.isDestroyed) return;
    this.arrivals.push(arrival);
    this.deliverSoon();
  }

  private deliverSoon(): void {
    if (this.isDelivering || this.arrivals.length === 0) return;
    this.isDelivering = true;
    queueMicrotask(() => {
      this.isDelivering = false;
      while (!this.isPaused && !this.isDestroyed) {
        const arrival = this.arrivals.shift();
        if (arrival === undefined) return;
        this.deliver(arrival);
      }
    });
  }

  private deliver(arrival: Arrival): void {
    if (arrival instanceof Error) {
      this.isDestroyed = true;
      this.listener.failed(arrival);
    } else if (arrival === "end") {
      if (this.hasInputEnded) return;
      this.hasInputEnded = true;
      this.listener.ended();
      this.closeIfEnded();
    } else {
      this.listener.receive(arrival);
    }
  }

  private closeIfEnded(): void {
    if (this.hasInputEnded && this.hasOutputEnded) this.isDestroyed = true;
  }
}

/** Creates a connection in memory and returns its client's and its server's end. */
export function memoryConnection(): [client: PipeEnd, server: PipeEnd] {
  const client = new PipeEnd("192.0.2.2");
  const server = new PipeEnd("192.0.2.1");
  client.peer = server;
  server.peer = client;
  return [client, server];
}
