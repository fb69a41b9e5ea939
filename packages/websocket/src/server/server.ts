import { encodeClosePayload, type PreparedMessage } from "@framewright/codec";
import {
  checkFunctions,
  checkInteger,
  checkOptionNames,
  checkTimeout,
} from "../options/option-values.ts";
import { globals, type Timer } from "../runtime/globals.ts";
import { type BroadcastOptions, type BroadcastResult, broadcast } from "../socket/broadcast.ts";
import { type Socket, shutDown } from "../socket/socket.ts";
import {
  checkCloseTimeout,
  checkHandshakeTimeout,
  type RuntimeSupport,
  type SharedState,
  sharedState,
} from "../socket/socket-options.ts";
import type { Topics } from "../socket/topics.ts";
import { Deadlines } from "../timing/deadlines.ts";
import type { Transport } from "../transport/transport.ts";
import { Router } from "./routes.ts";
import {
  type CloseOptions,
  type CloseResult,
  checkListenAddress,
  type ServeOptions,
  type ServerTls,
  serveOptionNames,
  serverState,
} from "./serve-options.ts";
import { ServerHandshake, type ServerHandshakeSettings } from "./server-handshake.ts";
import { type ServerStats, serverStats } from "./server-stats.ts";

/** A listening server, created by `serve`. `await using` closes it. */
export interface Server<Data = undefined> extends AsyncDisposable {
  /** The port that the server listens on. */
  readonly port: number;
  /** The address or host name from the options, or its default. */
  readonly hostname: string;
  /**
   * The open sockets, from before their `open` handler until just before `close`. The set is live:
   * it changes during iteration as sockets open and close.
   */
  readonly clients: ReadonlySet<Socket<Data>>;
  /**
   * Sends one message to all clients and encodes it only once. See the function `broadcast`.
   *
   * @param data - A string is sent as text, bytes as binary. Copied.
   * @throws TypeError or RangeError for an invalid message or option.
   *
   * @example
   * server.broadcast("hello", { except: socket });
   */
  broadcast(
    data: string | Uint8Array | ArrayBuffer | PreparedMessage,
    options?: BroadcastOptions,
  ): BroadcastResult<Data>;
  /**
   * Sends one message to all sockets that are subscribed to a topic and encodes it only once. See
   * `Socket.subscribe` and the function `broadcast`.
   *
   * @param data - A string is sent as text, bytes as binary. Copied.
   * @throws TypeError or RangeError for an invalid topic, message or option.
   *
   * @example
   * server.publish(`room:${room}`, text, { except: socket });
   */
  publish(
    topic: string,
    data: string | Uint8Array | ArrayBuffer | PreparedMessage,
    options?: BroadcastOptions,
  ): BroadcastResult<Data>;
  /** Returns how many sockets are subscribed to a topic. */
  subscriberCount(topic: string): number;
  /** Returns what the server does and has done since it started. */
  stats(): ServerStats;
  /**
   * Stops listening, closes all clients and waits until their connections have ended. Opening
   * handshakes in progress are dropped. A message handler that runs may still send its reply, before
   * its socket is closed; no further one is called. Further calls return when the first one is done.
   *
   * @returns How many connections ended in time, and how many were terminated.
   * @throws RangeError or TypeError if an option is invalid.
   */
  close(options?: CloseOptions): Promise<CloseResult>;
}

/** A listening TCP or TLS socket of a runtime. */
export interface Listener {
  /** The port that it listens on. */
  readonly port: number;
  /** Stops accepting connections. Accepted connections are not affected. Called once. */
  stop(): void;
}

/** Validated options for a transport's `listen` function. See `ServeOptions`. */
export interface ListenOptions {
  /** 0 lets the operating system choose. */
  readonly port: number;
  readonly hostname: string;
  readonly reusePort: boolean;
  /** Undefined for plain TCP. */
  readonly tls: ServerTls | undefined;
  /** Maximum duration of a TLS handshake in milliseconds. */
  readonly handshakeTimeout: number;
}

/**
 * Starts a server. Each transport package implements `serve` with it.
 *
 * @param options - Retained, not modified. Its handlers are called as its methods.
 * @param listen - Starts to listen and calls `accept` with the transport of each connection.
 * @param support - Retained, not modified.
 * @throws TypeError or RangeError for an invalid option; `ListenError` if `listen` fails.
 */
export async function serveWith<Data, Routes = Record<string, Data>>(
  options: ServeOptions<Data, Routes>,
  listen: (options: ListenOptions, accept: (transport: Transport) => void) => Promise<Listener>,
  support: RuntimeSupport = {},
): Promise<Server<Data | Routes[keyof Routes]>> {
  // The sockets of a route have the data that its `accept` returned.
  const erased = options as unknown as ServeOptions<Data | Routes[keyof Routes]>;
  const settings = handshakeSettings(erased, support);
  const address = checkListenAddress(options as ServeOptions<never>);
  const { tls } = options;
  try {
    const listener = await listen(
      { ...address, tls, handshakeTimeout: checkHandshakeTimeout(options) },
      (transport) => {
        new ServerHandshake(settings, transport);
      },
    );
    return new ListeningServer(settings, listener, address.hostname);
  } catch (cause) {
    throw new ListenError(address.hostname, address.port, cause);
  }
}

/** Validates the options of a server's handshakes and sockets, and creates the state they share. */
function handshakeSettings<Data>(
  options: ServeOptions<Data>,
  support: RuntimeSupport,
): ServerHandshakeSettings<Data> {
  checkOptionNames(options, serveOptionNames);
  const shared: SharedState<Data> = sharedState(
    options,
    serverState(options, support.usableMemory?.()),
  );
  checkFunctions(options, ["http", "refused"]);
  const { maxPendingHandshakes = 1_000 } = options;
  return {
    options,
    shared,
    router: new Router(options, support, shared),
    coding: support.http,
    compressors: options.compression ? support.compressors?.() : undefined,
    maxPendingHandshakes: checkInteger(
      "maxPendingHandshakes",
      maxPendingHandshakes,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    accepted: 0,
    refused: new Map(),
    handshakes: new Deadlines(checkHandshakeTimeout(options), (handshake) => handshake.expire()),
    answers: new Deadlines(checkCloseTimeout(options), (answer) => answer.destroy()),
  };
}

/** The server cannot listen: the port is in use or the certificate is invalid, for example. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code = "WS_ERR_LISTEN_FAILED";

  constructor(hostname: string, port: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`cannot listen on ${hostname} port ${port}: ${reason}`, { cause });
  }
}

/** How often Close frames are sent while they are spread, in milliseconds. */
const spreadStep = 10;

class ListeningServer<Data> implements Server<Data> {
  readonly port: number;
  readonly hostname: string;
  private readonly settings: ServerHandshakeSettings<Data>;
  private readonly listener: Listener;
  private closing: Promise<CloseResult> | undefined = undefined;

  constructor(settings: ServerHandshakeSettings<Data>, listener: Listener, hostname: string) {
    this.settings = settings;
    this.listener = listener;
    this.port = listener.port;
    this.hostname = hostname;
  }

  get clients(): ReadonlySet<Socket<Data>> {
    return this.settings.shared.group.open.asSet();
  }

  broadcast(
    data: string | Uint8Array | ArrayBuffer | PreparedMessage,
    options?: BroadcastOptions,
  ): BroadcastResult<Data> {
    return broadcast(this.settings.shared.group.open, data, options);
  }

  publish(
    topic: string,
    data: string | Uint8Array | ArrayBuffer | PreparedMessage,
    options?: BroadcastOptions,
  ): BroadcastResult<Data> {
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
    const { statusCode = 1001, reason } = options;
    encodeClosePayload(statusCode, reason); // throws if an endpoint must not send them
    const limit = checkTimeout("timeout", options.timeout ?? 5_000);
    const spreadOver = checkTimeout("spreadOver", options.spreadOver ?? 0);
    this.closing ??= this.closeAll(
      (socket) => socket[shutDown](statusCode, reason),
      spreadOver,
      limit,
    );
    return this.closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async closeAll(
    shut: (socket: Socket<Data>) => void,
    spreadOver: number,
    limit: number,
  ): Promise<CloseResult> {
    this.listener.stop();
    const {
      handshakes,
      answers,
      shared: { group },
    } = this.settings;
    for (const handshake of [...handshakes.waiting, ...answers.waiting]) handshake.destroy();
    for (const deadlines of [handshakes, answers, group]) deadlines.end();
    const sockets = [...group.open];
    group.isDeliveryOver = true;
    let terminated = 0;
    const ended = Promise.all(sockets.map((socket) => socket.closed));
    const isOver = ended.then(() => true);
    await spread(sockets, spreadOver, isOver, shut);
    const timer = globals.setTimeout(
      () => {
        for (const socket of sockets) {
          if (socket.readyState === "closed") continue;
          terminated++;
          socket.terminate();
        }
      },
      limit,
      undefined,
    );
    await ended;
    globals.clearTimeout(timer);
    return { closed: sockets.length - terminated, terminated };
  }
}

/** Calls back with each socket, evenly over a time in milliseconds, or until `isOver` resolves. */
async function spread<Data>(
  sockets: readonly Socket<Data>[],
  time: number,
  isOver: Promise<boolean>,
  callback: (socket: Socket<Data>) => void,
): Promise<void> {
  const start = globals.performance.now();
  for (let done = 0; ; ) {
    const passed = globals.performance.now() - start;
    const share = time === 0 ? 1 : Math.min(1, passed / time);
    // The first is closed at once and the last at the end.
    const goal = share === 1 ? sockets.length : 1 + Math.floor((sockets.length - 1) * share);
    while (done < Math.min(goal, sockets.length)) callback(sockets[done++]);
    if (done === sockets.length) return;
    let timer: Timer | undefined;
    const pause = new Promise<boolean>((resolve) => {
      timer = globals.setTimeout(resolve, spreadStep, false);
    });
    if (await Promise.race([pause, isOver])) return globals.clearTimeout(timer);
  }
}
