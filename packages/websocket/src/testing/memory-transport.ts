import { checkOptionNames, checkOptions, type OptionNames } from "../options/option-values.ts";
import { globals } from "../runtime/globals.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { Direction, type DirectionOptions, type Reader, resetError } from "./direction.ts";

/**
 * One end of a connection in memory that behaves like TCP. It calls its listener in microtasks, never
 * within a call of its own methods or the peer's. An end that is destroyed before it has ended its
 * direction resets the other one, which reads what is on its way before it fails.
 */
export class MemoryTransport implements Transport, Reader {
  declare listener: TransportListener;
  /** From the other end to this one. */
  declare readonly input: Direction;
  /** From this end to the other one. */
  declare readonly output: Direction;
  /** The address of the other end. */
  readonly remoteAddress: string;
  readonly pending = 0;
  isPaused = false;
  /** Whether `destroy` was called, or the connection has failed. */
  isDestroyed = false;
  /** Whether `shutdown` was called. */
  hasEndedOutput = false;
  private hasEndedInput = false;

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
  }

  write(bytes: Uint8Array): number {
    if (this.isDestroyed || this.hasEndedOutput) return 0;
    if (!this.output.isBroken) return this.output.write(bytes);
    // The other end is gone: its machine answers with a reset.
    globals.queueMicrotask(() => this.failed(resetError()));
    return bytes.length;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.input.resume();
  }

  shutdown(): void {
    if (this.isDestroyed || this.hasEndedOutput) return;
    this.hasEndedOutput = true;
    this.output.finish();
  }

  destroy(): void {
    if (this.isClosed) return;
    this.isDestroyed = true;
    this.input.close();
    if (!this.hasEndedOutput) this.output.finish(resetError());
  }

  /** Called by the input. */
  receive(bytes: Uint8Array): void {
    this.listener.receive(bytes);
  }

  /** Called by the input. */
  ended(): void {
    if (this.isDestroyed) return;
    this.hasEndedInput = true;
    this.listener.ended();
  }

  /** Called by the input, and if bytes cannot be written. */
  failed(error: Error): void {
    if (this.isClosed) return;
    this.destroy();
    this.listener.failed(error);
  }

  /** Whether the end is destroyed, or both directions have ended. */
  get isClosed(): boolean {
    return this.isDestroyed || (this.hasEndedInput && this.hasEndedOutput);
  }
}

/** How bytes move on a connection in memory. */
export interface LinkOptions {
  /** The client's IP address, which the server sees. Default "192.0.2.1". */
  readonly clientAddress?: string;
  /** From the client to the server. */
  readonly toServer?: DirectionOptions;
  /** From the server to the client. */
  readonly toClient?: DirectionOptions;
}

const linkOptionNames: OptionNames<LinkOptions> = { clientAddress: 1, toServer: 1, toClient: 1 };

/** A connection in memory between a client and a server. */
export class Link {
  /** From the client to the server. */
  readonly toServer: Direction;
  /** From the server to the client. */
  readonly toClient: Direction;
  /** The client's end, which reads from `toClient`. */
  readonly client: MemoryTransport;
  /** The server's end, which reads from `toServer`. */
  readonly server: MemoryTransport;

  /**
   * @param ends - The client's and the server's end. Default: new ones.
   * @throws TypeError or RangeError for an invalid option.
   */
  constructor(options: LinkOptions = {}, ends?: readonly [MemoryTransport, MemoryTransport]) {
    checkOptions(options, "a link");
    checkOptionNames(options, linkOptionNames);
    const { clientAddress = "192.0.2.1", toServer = {}, toClient = {} } = options;
    this.client = ends?.[0] ?? new MemoryTransport("192.0.2.2");
    this.server = ends?.[1] ?? new MemoryTransport(clientAddress);
    this.toServer = new Direction(toServer, this.server);
    this.toClient = new Direction(toClient, this.client);
    connect(this.client, this.toClient, this.toServer);
    connect(this.server, this.toServer, this.toClient);
  }

  /** Whether neither end has closed or failed. */
  get isOpen(): boolean {
    return !this.client.isClosed && !this.server.isClosed;
  }

  /** Resets the connection at both ends. What has not arrived is lost. */
  reset(): void {
    this.toServer.fail(resetError());
    this.toClient.fail(resetError());
  }

  /** Loses everything from now on, in both directions. No end is told, as if the cable was cut. */
  lose(): void {
    this.toServer.lose();
    this.toClient.lose();
  }

  /** Lets nothing arrive, in both directions, until `release`. */
  hold(): void {
    this.toServer.hold();
    this.toClient.hold();
  }

  /** Lets everything arrive again. */
  release(): void {
    this.toServer.release();
    this.toClient.release();
  }
}

function connect(end: MemoryTransport, input: Direction, output: Direction): void {
  Object.assign(end, { input, output });
  output.whenDrained = () => {
    if (!end.isDestroyed) end.listener.drained();
  };
}
