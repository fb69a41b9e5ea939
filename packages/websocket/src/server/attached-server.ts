import type { RuntimeAsyncDisposable } from "../runtime/disposal.ts";
import { type BroadcastOptions, type BroadcastResult, broadcast } from "../socket/broadcast.ts";
import type { Preparable, Socket } from "../socket/socket-types.ts";
import type { Topics } from "../socket/topics.ts";
import { checkCloseOptions, closeServer } from "./close-server.ts";
import type { ServerHandshakeSettings } from "./handshake-settings.ts";
import type { CloseOptions, CloseResult } from "./serve-options.ts";
import { type ServerStats, serverStats } from "./server-stats.ts";

/** The WebSockets of a server, also of one whose HTTP server is another. `await using` closes it. */
export interface AttachedServer<Data = undefined> extends RuntimeAsyncDisposable {
  /**
   * The open sockets, from before their `open` handler until just before `close`. The set is live:
   * it changes during iteration as sockets open and close.
   */
  readonly clients: ReadonlySet<Socket<Data>>;
  /**
   * Sends one message to all clients and encodes it only once. See the function `broadcast`.
   *
   * @param data - See `prepare`. Copied.
   * @throws TypeError or RangeError for an invalid message or option.
   *
   * @example
   * server.broadcast("hello", { except: socket });
   */
  broadcast(data: Preparable, options?: BroadcastOptions): BroadcastResult<Data>;
  /**
   * Sends one message to all sockets that are subscribed to a topic and encodes it only once. See
   * `Socket.subscribe` and the function `broadcast`.
   *
   * @param data - See `prepare`. Copied.
   * @throws TypeError or RangeError for an invalid topic, message or option.
   *
   * @example
   * server.publish(`room:${room}`, text, { except: socket });
   */
  publish(topic: string, data: Preparable, options?: BroadcastOptions): BroadcastResult<Data>;
  /** Returns how many sockets are subscribed to a topic. */
  subscriberCount(topic: string): number;
  /** Returns what the server does and has done since it started. */
  stats(): ServerStats;
  /**
   * Accepts no more connections, closes all clients and waits until their connections have ended. Opening
   * handshakes in progress are dropped. A message handler that runs may still send its reply, before
   * its socket is closed; no further one is called. Further calls return when the first one is done.
   *
   * @returns How many connections ended in time, and how many were terminated.
   * @throws RangeError or TypeError if an option is invalid.
   */
  close(options?: CloseOptions): Promise<CloseResult>;
}

/** Created by `serve`, `attach` and `createUpgrades`. */
export class SocketServer<Data> implements AttachedServer<Data> {
  protected readonly settings: ServerHandshakeSettings<Data>;
  protected closing: Promise<CloseResult> | undefined = undefined;
  private readonly stop: () => void;

  /** @param stop - Called once: no more connections are accepted. */
  constructor(settings: ServerHandshakeSettings<Data>, stop: () => void) {
    this.settings = settings;
    this.stop = stop;
  }

  get clients(): ReadonlySet<Socket<Data>> {
    return this.settings.shared.group.open.asSet();
  }

  broadcast(data: Preparable, options?: BroadcastOptions): BroadcastResult<Data> {
    return broadcast(this.settings.shared.group.open, data, options);
  }

  publish(topic: string, data: Preparable, options?: BroadcastOptions): BroadcastResult<Data> {
    return broadcast(this.membersOf(topic), data, options);
  }

  subscriberCount(topic: string): number {
    return this.membersOf(topic).size;
  }

  private membersOf(topic: string): ReadonlySet<Socket<Data>> {
    return (this.settings.shared.topics as Topics<Data>).membersOf(topic);
  }

  stats(): ServerStats {
    return serverStats(this.settings);
  }

  async close(options: CloseOptions = {}): Promise<CloseResult> {
    const checked = checkCloseOptions(options);
    this.closing ??= closeServer(this.settings, this.stop, checked);
    return this.closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
