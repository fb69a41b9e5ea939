import { HandshakeError } from "@framewright/codec";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { AttachedServer } from "./attached-server.ts";
import {
  type AttachOptions,
  asksForWebSocket,
  createUpgradesWith,
  type NodeRequest,
  readRequest,
  type UpgradeServer,
  type UpgradeSocket,
  type WrapSocket,
} from "./upgrades.ts";

type UpgradeListener = (request: NodeRequest, socket: UpgradeSocket, head: Uint8Array) => void;

/** The used part of `http.Server` and `https.Server` of `node:http` and `node:https`. */
export interface HttpServer {
  on(event: "upgrade", listener: never): unknown;
  off(event: "upgrade", listener: never): unknown;
  listenerCount(event: "upgrade"): number;
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
  options: AttachOptions<Data, Routes>,
  wrap: WrapSocket,
  support: RuntimeSupport,
): AttachedServer<Data | Routes[keyof Routes]> {
  const server = createUpgradesWith(options, wrap, support, () => dispatcher.remove(erased));
  const erased = server as UpgradeServer<never>;
  const dispatcher = dispatchers.get(httpServer) ?? new Dispatcher(httpServer);
  dispatchers.set(httpServer, dispatcher);
  dispatcher.add(erased);
  return server;
}

const dispatchers = new WeakMap<HttpServer, Dispatcher>();

/** Passes the upgrades of one HTTP server to the servers that are attached to it. */
class Dispatcher {
  private readonly httpServer: HttpServer & SelectiveServer;
  private readonly servers: UpgradeServer<never>[] = [];
  private original: SelectiveServer["shouldUpgradeCallback"];

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
  }

  remove(server: UpgradeServer<never>): void {
    this.servers.splice(this.servers.indexOf(server), 1);
    if (this.servers.length > 0) return;
    const { httpServer, original } = this;
    httpServer.off("upgrade", this.onUpgrade as never);
    if (httpServer.shouldUpgradeCallback === this.shouldUpgrade && original !== undefined) {
      httpServer.shouldUpgradeCallback = original;
    }
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
    const [first] = this.servers;
    if (!(request instanceof HandshakeError) && asksForWebSocket(request)) {
      const server = this.servers.find((server) => server.accepts(request));
      if (server !== undefined) return void server.take(raw, request, socket, head);
    }
    if (!this.isAlone) return;
    const message = "nothing is at this path";
    const fault =
      request instanceof HandshakeError
        ? request
        : new HandshakeError("WS_ERR_NO_ROUTE", 404, message);
    void first.take(raw, fault, socket, head);
  };
}
