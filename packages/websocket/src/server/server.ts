import { InvalidStateError } from "@framewright/codec";
import { withCode } from "@framewright/codec/internal";
import { checkOptionNames, checkOptions } from "../options/option-values.ts";
import { UnsupportedError } from "../runtime/unsupported-error.ts";
import { checkHandshakeTimeout, type RuntimeSupport } from "../socket/socket-options.ts";
import type { Transport } from "../transport/transport.ts";
import { type AttachedServer, SocketServer } from "./attached-server.ts";
import { handshakeSettings, type ServerHandshakeSettings } from "./handshake-settings.ts";
import { addressText, checkListenAddress, type ListenAddress } from "./listen-options.ts";
import type { SecureServer } from "./secure-server.ts";
import { type AnyServeOptions, serveOptionNames } from "./serve-options.ts";
import { ServerHandshake } from "./server-handshake.ts";
import { loadServerParts } from "./server-parts.ts";
import type { ServerTls, TlsSettings } from "./server-tls.ts";
import type { TlsCarrier } from "./tls-handshake.ts";

/** A listening server, created by `serve`. `await using` closes it. */
export interface Server<Data = undefined> extends AttachedServer<Data> {
  /** The port that the server listens on, or 0 on a Unix socket. */
  readonly port: number;
  /** The address or host name from the options, or its default. "" on a Unix socket. */
  readonly hostname: string;
  /** The path from the option `unix`. Undefined on a port. */
  readonly unix: string | undefined;
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
  /**
   * Called with each TCP connection, unless `accept` is called before its TLS handshake. Call `end`
   * of the result when the TLS handshake is done, and when the connection has ended.
   */
  beginTls(socket: TlsCarrier): { end(): void };
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
  options: AnyServeOptions<Data, Routes>,
  listen: (options: ListenOptions, accept: (transport: Transport) => void) => Promise<Listener>,
  support: RuntimeSupport = {},
): Promise<Server<Data | Routes[keyof Routes]>> {
  // The sockets of a route have the data that its `accept` returned.
  const erased = options as unknown as AnyServeOptions<Data | Routes[keyof Routes]>;
  checkOptions(options, "serve");
  checkOptionNames(options, serveOptionNames);
  const address = checkListenAddress(options as AnyServeOptions<never>);
  const loading = loadServerParts(erased);
  const parts = loading === undefined ? {} : await orListenError(loading, address);
  const settings = handshakeSettings(erased, { ...support, parts });
  const secure = parts.tls?.(options.tls as ServerTls, settings as ServerHandshakeSettings<never>);
  try {
    const listener = await listen(
      {
        ...address,
        tls: secure?.settings,
        handshakeTimeout: checkHandshakeTimeout(options),
        beginTls: secure?.begin ?? noTls,
      },
      (transport) => {
        new ServerHandshake(settings, transport);
      },
    );
    return new ListeningServer(settings, listener, { ...address, port: listener.port }, secure);
  } catch (cause) {
    throw new ListenError(addressText(address), cause);
  }
}

function orListenError<T>(loading: Promise<T>, address: ListenAddress): Promise<T> {
  return loading.catch((cause) => {
    throw new ListenError(addressText(address), cause);
  });
}

const noTls = () => ({ end() {} });

/** The server cannot listen: the port is in use or the certificate is invalid, for example. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code = "WS_ERR_LISTEN_FAILED";

  constructor(address: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(withCode(`cannot listen on ${address}: ${reason}`, "WS_ERR_LISTEN_FAILED"), { cause });
  }
}

class ListeningServer<Data> extends SocketServer<Data> implements Server<Data> {
  readonly port: number;
  readonly hostname: string;
  readonly unix: string | undefined;
  private readonly listener: Listener;
  private readonly tls: SecureServer | undefined;

  constructor(
    settings: ServerHandshakeSettings<Data>,
    listener: Listener,
    address: ListenAddress,
    tls: SecureServer | undefined,
  ) {
    super(settings, () => listener.stop());
    this.listener = listener;
    this.port = address.port;
    this.hostname = address.hostname;
    this.unix = address.unix;
    this.tls = tls;
  }

  setTls(tls: ServerTls): void {
    if (this.tls === undefined) throw new InvalidStateError("the server was started without TLS");
    if (this.closing !== undefined) throw new InvalidStateError("the server is closed");
    const settings = this.tls.checkNew(tls);
    if (this.listener.setTls === undefined)
      throw new UnsupportedError("this transport cannot replace certificates");
    try {
      this.listener.setTls(settings);
    } catch (cause) {
      if (cause instanceof UnsupportedError) throw cause;
      throw new ListenError(`${this.hostname} port ${this.port}`, cause);
    }
  }
}
