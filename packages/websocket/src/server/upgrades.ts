import { HandshakeError } from "@framewright/codec";
import {
  checkUpgradeRequest,
  HttpHeaders,
  type HttpRequest,
  isUpgradeRequest,
  parseRequest,
} from "@framewright/codec/handshake";
import {
  checkOptionNames,
  checkOptions,
  type OptionNames,
  optionError,
} from "../options/option-values.ts";
import { globals } from "../runtime/globals.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { Transport } from "../transport/transport.ts";
import type { AcceptIfNeeded } from "./accept-types.ts";
import { allServerParts } from "./all-server-parts.ts";
import { type AttachedServer, SocketServer } from "./attached-server.ts";
import { HandshakeDecision } from "./handshake-decision.ts";
import { handshakeSettings, type ServerHandshakeSettings } from "./handshake-settings.ts";
import { pathOf } from "./incoming-request.ts";
import { PathPattern, pathSegments } from "./path-pattern.ts";
import { type AnyServeOptions, serveOptionNames } from "./serve-options.ts";
import { type ConnectStream, StreamHandshake } from "./stream-handshake.ts";
import { createPlaces } from "./stream-places.ts";

/** Options of a server that does not listen itself. */
type ListenOptionNames = "port" | "hostname" | "unix" | "reusePort" | "tls" | "http";

/**
 * Options and handlers of `attach` and `createUpgrades`. `accept` may only be omitted if `undefined` is
 * a value of `Data`, or if each route has its own.
 */
export type AttachOptions<Data = undefined, Routes = Record<string, Data>> = AnyAttachOptions<
  Data,
  Routes
> &
  AcceptIfNeeded<Data, Routes>;

/** `AttachOptions`, where `accept` may always be omitted. */
export interface AnyAttachOptions<Data = undefined, Routes = Record<string, Data>>
  extends Omit<AnyServeOptions<Data, Routes>, ListenOptionNames> {
  /**
   * The path of the WebSockets, in the form of a pattern of `routes`, such as "/ws" or "/ws/*".
   * Requests for other paths are left to others. Default: the paths of `routes`, or all.
   */
  path?: string;
}

const {
  port: _port,
  hostname: _hostname,
  unix: _unix,
  reusePort: _reusePort,
  tls: _tls,
  http: _http,
  ...shared
} = serveOptionNames;
const attachOptionNames: OptionNames<AnyAttachOptions> = { ...shared, path: 1 };

/** The used part of `http.IncomingMessage` of `node:http`. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** The used part of the socket that an `upgrade` event of `node:http` passes on. */
export interface UpgradeSocket {
  destroy(): unknown;
  readonly encrypted?: boolean;
  readonly destroyed?: boolean;
  readonly readableEnded?: boolean;
  setTimeout?(milliseconds: number): unknown;
  setNoDelay?(noDelay: boolean): unknown;
}

/** Creates the transport of an upgraded socket, which it owns from now on. */
export type WrapSocket = (socket: UpgradeSocket) => Transport;

/** Takes over connections from an HTTP server of `node:http` by hand. Created by `createUpgrades`. */
export interface Upgrades<Data = undefined> extends AttachedServer<Data> {
  /**
   * Performs the opening handshake of a request that an HTTP server emitted as `upgrade`, and refuses
   * it with an HTTP response if it is not accepted. Call it within the event: it then handles the
   * socket's errors.
   *
   * @param request - An `http.IncomingMessage`.
   * @param socket - Owned from now on.
   * @param head - The bytes after the request. Copied.
   * @returns The open socket, or undefined if the handshake was refused or failed.
   *
   * @example
   * httpServer.on("upgrade", (request, socket, head) => {
   *   if (request.url === "/ws") void upgrades.handleUpgrade(request, socket, head);
   * });
   */
  handleUpgrade(
    request: NodeRequest,
    socket: UpgradeSocket,
    head: Uint8Array,
  ): Promise<Socket<Data> | undefined>;
}

/**
 * Creates a server that gets its connections from `handleUpgrade`. Each transport package implements
 * `createUpgrades` with it.
 *
 * @param options - Retained, not modified. Its handlers are called as its methods.
 * @throws TypeError or RangeError for an invalid option.
 */
export function createUpgradesWith<Data, Routes = Record<string, Data>>(
  options: AnyAttachOptions<Data, Routes>,
  wrap: WrapSocket,
  support: RuntimeSupport,
): Upgrades<Data | Routes[keyof Routes]> {
  return createUpgradeServer(options, wrap, support, () => {});
}

/** As `createUpgradesWith`, for `attach`. */
export function createUpgradeServer<Data, Routes = Record<string, Data>>(
  options: AnyAttachOptions<Data, Routes>,
  wrap: WrapSocket,
  support: RuntimeSupport,
  stop: () => void,
): UpgradeServer<Data | Routes[keyof Routes]> {
  checkOptions(options, "attach");
  checkOptionNames(options, attachOptionNames);
  const { path } = options;
  if (path !== undefined && typeof path !== "string") throw optionError("path", path, "a path");
  // The sockets of a route have the data that its `accept` returned.
  const erased = options as unknown as AnyServeOptions<Data | Routes[keyof Routes]>;
  const pattern = path === undefined ? undefined : new PathPattern(path);
  return new UpgradeServer(
    handshakeSettings(erased, { ...support, parts: allServerParts, createPlaces }),
    wrap,
    pattern,
    stop,
  );
}

/** A server whose connections come from an HTTP server. */
export class UpgradeServer<Data> extends SocketServer<Data> implements Upgrades<Data> {
  private readonly wrap: WrapSocket;
  private readonly pattern: PathPattern | undefined;

  constructor(
    settings: ServerHandshakeSettings<Data>,
    wrap: WrapSocket,
    pattern: PathPattern | undefined,
    stop: () => void,
  ) {
    super(settings, stop);
    this.wrap = wrap;
    this.pattern = pattern;
  }

  /** Whether a request is for this server. */
  accepts(request: HttpRequest): boolean {
    const path = pathOf(request.target);
    if (this.pattern !== undefined) return matches(this.pattern, path);
    const { router } = this.settings;
    return !router.hasRoutes || !(router.find(path) instanceof HandshakeError);
  }

  async handleUpgrade(
    request: NodeRequest,
    socket: UpgradeSocket,
    head: Uint8Array,
  ): Promise<Socket<Data> | undefined> {
    return this.take(request, readRequest(request), socket, head);
  }

  /** Takes over a connection. Handles the errors of its socket before it returns. */
  take(
    raw: NodeRequest,
    request: HttpRequest | HandshakeError,
    socket: UpgradeSocket,
    head: Uint8Array,
  ): Promise<Socket<Data> | undefined> {
    const transport = wrapSocket(this.wrap, socket);
    return new Promise((resolve) => {
      const handshake = new UpgradeHandshake(this.settings, transport, resolve);
      if (this.closing !== undefined) handshake.destroy();
      else if (isGone(socket)) handshake.drop();
      else handshake.start(raw, request, socket.encrypted === true, new Uint8Array(head));
    });
  }

  /** Takes over a stream of an HTTP/2 connection. Handles its errors before it returns. */
  takeStream(stream: ConnectStream, request: HttpRequest | HandshakeError): void {
    const handshake = new StreamHandshake(this.settings, stream);
    if (this.closing === undefined) handshake.start(request);
    else handshake.destroy();
  }
}

class UpgradeHandshake<Data> extends HandshakeDecision<Data> {
  private readonly done: (socket: Socket<Data> | undefined) => void;

  /** @param done - Called with the open socket, then with undefined in any case. */
  constructor(
    settings: ServerHandshakeSettings<Data>,
    transport: Transport,
    done: (socket: Socket<Data> | undefined) => void,
  ) {
    super(settings, transport);
    this.done = done;
  }

  /** Ends the handshake of a client that is gone. */
  drop(): void {
    this.hasReceived = true;
    this.destroy();
  }

  start(
    raw: NodeRequest,
    request: HttpRequest | HandshakeError,
    isSecure: boolean,
    head: Uint8Array,
  ): void {
    this.hasReceived = true;
    if (!this.begin()) return;
    if (request instanceof HandshakeError) return this.refuseFault(request);
    this.decideOn(request, checkUpgradeRequest(request), { isSecure, raw }, head);
  }

  protected override opened(socket: Socket<Data>): void {
    this.done(socket);
  }

  protected override finish(): void {
    super.finish();
    // The socket is opened, if it is, before the next microtask.
    globals.queueMicrotask(() => this.done(undefined));
  }
}

/** Returns the request in the codec's form, or the fault if it is not valid. */
export function readRequest({
  method,
  url,
  httpVersion,
  rawHeaders,
}: NodeRequest): HttpRequest | HandshakeError {
  const headers = new HttpHeaders();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (headers.append(rawHeaders[index], rawHeaders[index + 1])) continue;
    const message = `more than one ${rawHeaders[index]} header`;
    return new HandshakeError("WS_ERR_INVALID_HTTP", 400, message);
  }
  return parseRequest({ startLine: `${method} ${url} HTTP/${httpVersion}`, headers });
}

/** Whether a request asks for a WebSocket, not for another protocol. */
export function asksForWebSocket(request: HttpRequest | HandshakeError): boolean {
  return request instanceof HandshakeError || isUpgradeRequest(request);
}

/** Whether the client ended the connection before the call, so that no event will report it. */
function isGone({ destroyed, readableEnded }: UpgradeSocket): boolean {
  return destroyed === true || readableEnded === true;
}

function wrapSocket(wrap: WrapSocket, socket: UpgradeSocket): Transport {
  socket.setTimeout?.(0);
  socket.setNoDelay?.(true);
  return wrap(socket);
}

function matches(pattern: PathPattern, path: string): boolean {
  try {
    const segments = pathSegments(path);
    return segments !== undefined && pattern.match(segments) !== undefined;
  } catch {
    return false;
  }
}
