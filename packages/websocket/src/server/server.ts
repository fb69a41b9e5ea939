import { InvalidStateError, type PreparedMessage } from "@framewright/codec";
import { noDiagnostics } from "../diagnostics.ts";
import { checkFunctions, checkInteger, checkOptionNames } from "../options/option-values.ts";
import { type BroadcastOptions, type BroadcastResult, broadcast } from "../socket/broadcast.ts";
import type { Socket } from "../socket/socket.ts";
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
import { checkCloseOptions, closeServer } from "./close-server.ts";
import { addressText, checkListenAddress, type ListenAddress } from "./listen-options.ts";
import { Router } from "./routes.ts";
import {
  type CloseOptions,
  type CloseResult,
  type ServeOptions,
  serveOptionNames,
  serverState,
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
export async function serveWith<Data, Routes = Record<string, Data>>(
  options: ServeOptions<Data, Routes>,
  listen: (options: ListenOptions, accept: (transport: Transport) => void) => Promise<Listener>,
  support: RuntimeSupport = {},
): Promise<Server<Data | Routes[keyof Routes]>> {
  // The sockets of a route have the data that its `accept` returned.
  const erased = options as unknown as ServeOptions<Data | Routes[keyof Routes]>;
  const settings = handshakeSettings(erased, support);
  const address = checkListenAddress(options as ServeOptions<never>);
  const tls = options.tls === undefined ? undefined : checkServerTls(options.tls);
  try {
    const listener = await listen(
      { ...address, tls, handshakeTimeout: checkHandshakeTimeout(options) },
      (transport) => {
        new ServerHandshake(settings, transport);
      },
    );
    return new ListeningServer(settings, listener, { ...address, port: listener.port }, tls);
  } catch (cause) {
    throw new ListenError(addressText(address), cause);
  }
}

/** Validates the options of a server's handshakes and sockets, and creates the state they share. */
function handshakeSettings<Data>(
  options: ServeOptions<Data>,
  support: RuntimeSupport,
): ServerHandshakeSettings<Data> {
  checkOptionNames(options, serveOptionNames);
  const shared: SharedState<Data> = sharedState(options, serverState(options, support));
  checkFunctions(options, ["http", "refused"]);
  const { maxPendingHandshakes = 1_000 } = options;
  const diagnostics = (support.diagnostics ?? noDiagnostics).server;
  return {
    options,
    shared,
    router: new Router(options, support, shared),
    coding: support.http,
    compressors: options.compression ? support.compressors?.() : undefined,
    diagnostics,
    maxPendingHandshakes: checkInteger(
      "maxPendingHandshakes",
      maxPendingHandshakes,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    accepted: 0,
    refused: new Map(),
    handshakes: new Deadlines(checkHandshakeTimeout(options), (handshake) => handshake.expire()),
    answers: new Deadlines(checkCloseTimeout(options), (answer) => {
      diagnostics.limited("closeTimeout", "terminated", answer);
      answer.destroy();
    }),
  };
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
    const checked = checkCloseOptions(options);
    this.closing ??= closeServer(this.settings, this.listener, checked);
    return this.closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
