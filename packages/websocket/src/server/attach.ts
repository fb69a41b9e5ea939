import { HandshakeError } from "@framewright/codec";
import type { HttpRequest } from "@framewright/codec/handshake";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { AttachedServer } from "./attached-server.ts";
import { type ConnectStream, readConnect } from "./stream-handshake.ts";
import {
  type AnyAttachOptions,
  asksForWebSocket,
  createUpgradeServer,
  type NodeRequest,
  readRequest,
  type UpgradeServer,
  type UpgradeSocket,
  type WrapSocket,
} from "./upgrades.ts";

type UpgradeListener = (request: NodeRequest, socket: UpgradeSocket, head: Uint8Array) => void;

type StreamListener = (
  stream: ConnectStream,
  headers: Readonly<Record<string, unknown>>,
  flags: number,
  rawHeaders: readonly string[],
) => void;
type ConnectListener = (
  request: { readonly headers: Readonly<Record<string, unknown>> },
  response: { statusCode: number; end(): unknown },
) => void;

/** The used part of the servers of `node:http`, `node:https` and `node:http2`. */
export interface HttpServer {
  on(event: string, listener: never): unknown;
  off(event: string, listener: never): unknown;
  listenerCount(event: string): number;
  /** Only servers of `node:http2` have it. */
  updateSettings?(settings: { enableConnectProtocol?: boolean }): void;
}

/** Newer versions of Node ask this before they treat a request as an upgrade. */
interface SelectiveServer {
  shouldUpgradeCallback?: (request: NodeRequest) => boolean;
}

/**
 * Adds WebSockets to an HTTP server. Each transport package implements `attach` with it.
 *
 * @param options - Retained, not modified. Its handlers are called as its methods.
 * @throws TypeError or RangeError for an invalid option.
 */
export function attachWith<Data, Routes = Record<string, Data>>(
  httpServer: HttpServer,
  options: AnyAttachOptions<Data, Routes>,
  wrap: WrapSocket,
  support: RuntimeSupport,
): AttachedServer<Data | Routes[keyof Routes]> {
  const server = createUpgradeServer(options, wrap, support, () => dispatcher.remove(erased));
  const erased = server as UpgradeServer<never>;
  const dispatcher = dispatchers.get(httpServer) ?? new Dispatcher(httpServer);
  dispatchers.set(httpServer, dispatcher);
  dispatcher.add(erased);
  return server;
}

const dispatchers = new WeakMap<HttpServer, Dispatcher>();

/** Passes the upgrades and streams of one HTTP server to the servers that are attached to it. */
class Dispatcher {
  private readonly httpServer: HttpServer & SelectiveServer;
  private readonly servers: UpgradeServer<never>[] = [];
  private original: SelectiveServer["shouldUpgradeCallback"];
  /** Refuses the streams that nobody takes, also once it is closed. Set once a server is attached. */
  private refusing: UpgradeServer<never> | undefined = undefined;

  constructor(httpServer: HttpServer) {
    this.httpServer = httpServer;
  }

  add(server: UpgradeServer<never>): void {
    this.servers.push(server);
    if (this.servers.length > 1) return;
    const { httpServer } = this;
    httpServer.on("upgrade", this.onUpgrade as never);
    this.original = httpServer.shouldUpgradeCallback;
    if (this.original !== undefined) httpServer.shouldUpgradeCallback = this.shouldUpgrade;
    if (httpServer.updateSettings === undefined) return;
    httpServer.updateSettings({ enableConnectProtocol: true });
    // Stays: a stream whose errors nobody handles would end the process.
    if (this.refusing === undefined) httpServer.on("stream", this.onStream as never);
    this.refusing = server;
    httpServer.on("connect", this.onConnect as never);
  }

  remove(server: UpgradeServer<never>): void {
    this.servers.splice(this.servers.indexOf(server), 1);
    if (this.servers.length > 0) return;
    const { httpServer, original } = this;
    httpServer.off("upgrade", this.onUpgrade as never);
    if (httpServer.shouldUpgradeCallback === this.shouldUpgrade && original !== undefined) {
      httpServer.shouldUpgradeCallback = original;
    }
    if (httpServer.updateSettings === undefined) return;
    httpServer.updateSettings({ enableConnectProtocol: false });
    httpServer.off("connect", this.onConnect as never);
  }

  /** Returns the server that a request is for. */
  private find(request: HttpRequest | HandshakeError): UpgradeServer<never> | undefined {
    if (request instanceof HandshakeError) return undefined;
    return this.servers.find((server) => server.accepts(request));
  }

  /** Whether ours is the only listener, so that nobody else answers. */
  private get isAlone(): boolean {
    return this.httpServer.listenerCount("upgrade") === 1;
  }

  /** A request for another protocol, such as h2c, is an ordinary one if nobody else can upgrade it. */
  private readonly shouldUpgrade = (request: NodeRequest): boolean => {
    if (this.original?.call(this.httpServer, request) === false) return false;
    return !this.isAlone || asksForWebSocket(readRequest(request));
  };

  private readonly onUpgrade: UpgradeListener = (raw, socket, head) => {
    const request = readRequest(raw);
    const server = asksForWebSocket(request) ? this.find(request) : undefined;
    if (server !== undefined) void server.take(raw, request, socket, head);
    else if (this.isAlone) void this.servers[0].take(raw, noRoute(request), socket, head);
  };

  /** Takes the extended CONNECT requests of HTTP/2 (RFC 8441 section 4). */
  private readonly onStream: StreamListener = (stream, headers, _flags, rawHeaders) => {
    const isConnect = headers[":method"] === "CONNECT" && headers[":protocol"] !== undefined;
    if (!isConnect || this.servers.length === 0) {
      const isAlone = this.httpServer.listenerCount("stream") === 1;
      if (isAlone) this.refusing?.takeStream(stream, noRoute());
      return;
    }
    const request = readConnect(rawHeaders);
    const server = this.find(request);
    if (server !== undefined) server.takeStream(stream, request);
    else if (this.hasOnlyStreams) this.servers[0].takeStream(stream, noRoute(request));
  };

  /** Whether nobody else answers an extended CONNECT. The `request` event has a listener of Node. */
  private get hasOnlyStreams(): boolean {
    const { httpServer } = this;
    const ofNode = httpServer.listenerCount("request") > 0 ? 1 : 0;
    return (
      httpServer.listenerCount("stream") <= 1 + ofNode && httpServer.listenerCount("connect") === 1
    );
  }

  /** Without a listener, Node would answer each CONNECT with 405, also those that are taken. */
  private readonly onConnect: ConnectListener = (request, response) => {
    if (request.headers[":protocol"] !== undefined) return;
    if (this.httpServer.listenerCount("connect") > 1) return;
    response.statusCode = 405;
    response.end();
  };
}

function noRoute(request?: HttpRequest | HandshakeError): HandshakeError {
  if (request instanceof HandshakeError) return request;
  return new HandshakeError("WS_ERR_NO_ROUTE", 404, "nothing is at this path");
}
