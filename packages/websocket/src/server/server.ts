import { encodeClosePayload, InvalidStateError, type PreparedMessage } from "@framewright/codec";
import { checkFunctions, checkTimeout } from "../options/option-values.ts";
import { globals, type Timer } from "../runtime/globals.ts";
import { type BroadcastOptions, type BroadcastResult, broadcast } from "../socket/broadcast.ts";
import { type Socket, shutDown, stopDelivery } from "../socket/socket.ts";
import {
  checkCloseTimeout,
  checkHandshakeTimeout,
  type RuntimeSupport,
  socketSettings,
} from "../socket/socket-options.ts";
import { Deadlines } from "../timing/deadlines.ts";
import type { Transport } from "../transport/transport.ts";
import { checkAdmission } from "./admission.ts";
import { addressText, checkListenAddress, type ListenAddress } from "./listen-options.ts";
import {
  type CloseOptions,
  type CloseResult,
  createReceiveMemory,
  type ServeOptions,
} from "./serve-options.ts";
import { ServerHandshake, type ServerHandshakeSettings } from "./server-handshake.ts";
import { type ServerStats, serverStats } from "./server-stats.ts";
import { checkNewTls, checkServerTls, type ServerTls, type TlsSettings } from "./server-tls.ts";
import { UnsupportedError } from "./unsupported-error.ts";

/** A listening server, created by `serve`. `await using` closes it. */
export interface Server<Data = undefined> extends AsyncDisposable {
  /** The port that the server listens on, or 0 on a Unix socket. */
  readonly port: number;
  /** The address or host name from the options, or its default. "" on a Unix socket. */
  readonly hostname: string;
  /** The path from the option `unix`. Undefined on a port. */
  readonly unix: string | undefined;
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
   * Replaces the certificates for new connections, as when they are renewed. Open connections are
   * not affected. If it throws, the previous certificates stay.
   *
   * @param tls - Everything, as for the option `tls`: what it does not set gets its default.
   *   `requestCert` and `alpn` must stay as they are.
   * @throws TypeError for an invalid option; ListenError for a certificate or key that cannot be
   *   used; UnsupportedError on Bun, unless `serve` was given `tls.serverNames`; InvalidStateError
   *   if the server has no TLS or is closed.
   */
  setTls(tls: ServerTls): void;
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
  /** The port that it listens on, or 0 for a Unix socket. */
  readonly port: number;
  /** Stops accepting connections. Accepted connections are not affected. Called once. */
  stop(): void;
  /**
   * Uses these certificates for new connections. Throws, and changes nothing, if it cannot. Absent
   * if the transport cannot.
   */
  setTls?(tls: TlsSettings): void;
}

/** Validated options for a transport's `listen` function. See `ServeOptions`. */
export interface ListenOptions extends ListenAddress {
  /** Undefined without TLS. */
  readonly tls: TlsSettings | undefined;
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
export async function serveWith<Data>(
  options: ServeOptions<Data>,
  listen: (options: ListenOptions, accept: (transport: Transport) => void) => Promise<Listener>,
  support: RuntimeSupport = {},
): Promise<Server<Data>> {
  const memory = createReceiveMemory(options as ServeOptions<never>);
  const socket = socketSettings("server", options, support, memory);
  checkFunctions(options, ["http", "accept", "refused"]);
  const limit = checkHandshakeTimeout(options);
  const settings: ServerHandshakeSettings<Data> = {
    options,
    socket,
    coding: support.http,
    admission: checkAdmission(options as ServeOptions<never>),
    accepted: 0,
    refused: new Map(),
    handshakes: new Deadlines(limit, (handshake) => handshake.expire()),
    answers: new Deadlines(checkCloseTimeout(options), (handshake) => handshake.destroy()),
  };
  const address = checkListenAddress(options as ServeOptions<never>);
  const tls = options.tls === undefined ? undefined : checkServerTls(options.tls);
  try {
    const listener = await listen({ ...address, tls, handshakeTimeout: limit }, (transport) => {
      new ServerHandshake(settings, transport);
    });
    return new ListeningServer(settings, listener, { ...address, port: listener.port }, tls);
  } catch (cause) {
    throw new ListenError(addressText(address), cause);
  }
}

/** The server cannot listen: the port is in use or the certificate is invalid, for example. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code = "WS_ERR_LISTEN_FAILED";

  constructor(address: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`cannot listen on ${address}: ${reason}`, { cause });
  }
}

/** How often Close frames are sent while they are spread, in milliseconds. */
const spreadStep = 10;

class ListeningServer<Data> implements Server<Data> {
  readonly port: number;
  readonly hostname: string;
  readonly unix: string | undefined;
  private readonly settings: ServerHandshakeSettings<Data>;
  private readonly listener: Listener;
  private readonly tls: TlsSettings | undefined;
  private closing: Promise<CloseResult> | undefined = undefined;

  constructor(
    settings: ServerHandshakeSettings<Data>,
    listener: Listener,
    address: ListenAddress,
    tls: TlsSettings | undefined,
  ) {
    this.settings = settings;
    this.listener = listener;
    this.port = address.port;
    this.hostname = address.hostname;
    this.unix = address.unix;
    this.tls = tls;
  }

  get clients(): ReadonlySet<Socket<Data>> {
    return this.settings.socket.group.open.asSet();
  }

  broadcast(
    data: string | Uint8Array | ArrayBuffer | PreparedMessage,
    options?: BroadcastOptions,
  ): BroadcastResult<Data> {
    return broadcast(this.settings.socket.group.open, data, options);
  }

  setTls(tls: ServerTls): void {
    if (this.tls === undefined) throw new InvalidStateError("the server was started without TLS");
    if (this.closing !== undefined) throw new InvalidStateError("the server is closed");
    const settings = checkNewTls(tls, this.tls);
    if (this.listener.setTls === undefined)
      throw new UnsupportedError("this transport cannot replace certificates");
    try {
      this.listener.setTls(settings);
    } catch (cause) {
      if (cause instanceof UnsupportedError) throw cause;
      throw new ListenError(`${this.hostname} port ${this.port}`, cause);
    }
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
      socket: { group },
    } = this.settings;
    for (const handshake of [...handshakes.waiting, ...answers.waiting]) handshake.destroy();
    for (const deadlines of [handshakes, answers, group]) deadlines.end();
    const sockets = [...group.open];
    for (const socket of sockets) socket[stopDelivery]();
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
