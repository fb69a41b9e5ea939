import { type ConnectionOptions, ReceiveMemory, type Role } from "@framewright/codec";
import type { CompressorPool } from "@framewright/codec/deflate";
import {
  checkSubprotocols,
  type HeadersInit,
  type HttpCoding,
  type HttpResponse,
} from "@framewright/codec/handshake";
import { typeError } from "@framewright/codec/internal";
import { globals } from "../runtime/globals.ts";
import { drawMaskingKey } from "../runtime/masking-keys.ts";
import type { IncomingRequest } from "../server/incoming-request.ts";
import type { Refusal } from "../server/refusal.ts";
import type { Handlers } from "../socket/handlers.ts";
import { OpenSockets } from "../socket/open-sockets.ts";
import type { SocketSettings } from "../socket/session.ts";
import { Deadlines, type Expirable } from "../timing/deadlines.ts";
import { type NextTurn, TurnQueue } from "../timing/turn-queue.ts";
import {
  type CompressionOptions,
  checkMaxBytesPerTurn,
  compressionSettings,
} from "./compression-options.ts";
import { checkFunctions, checkInteger, checkTimeout, optionError } from "./option-values.ts";

/** What servers and clients have in common. */
export interface CommonOptions {
  /** Longest message that is received, in bytes; 1009 beyond it. Default 16 MiB. For text some 512 MiB at most. */
  maxMessageSize?: number;
  /** Most frames that a received message may consist of; 1008 beyond it. Default 1,048,576. */
  maxFragments?: number;
  /**
   * How long the opening handshake may take, connecting included, in milliseconds. Default 10,000. For a
   * client it begins when earlier connections to the same host and port are open or have failed.
   */
  handshakeTimeout?: number;
  /**
   * How long the closing handshake may take without progress, in milliseconds; also how long handlers may take after the
   * peer has ended the connection before its descriptor is given back. Default 5,000.
   */
  closeTimeout?: number;
  /**
   * Most frames that one connection handles before others get their turn of the event loop, so that no peer can
   * keep the process to itself. Default 4,096: about a millisecond.
   */
  maxFramesPerTurn?: number;
  /**
   * With so many bytes received one connection lets others have their turn of the event loop first. Default 4 MiB. See
   * `compression.maxBytesPerTurn` for bytes that are decompressed.
   */
  maxBytesPerTurn?: number;
  /**
   * Danger: a binary message is a view of memory that is used again, and who keeps it, or its `buffer`, sees later
   * messages there, other connections' too. It is valid until the `message` handler returns, or until its first `await`, and must
   * not be transferred: that fails the connection. What is to be kept has to be copied, by `data.slice()`. Nothing is copied
   * or allocated for messages then. `send` and `broadcast` take them as they are. While it is valid, `data.buffer` holds what
   * came from its own connection, and zeros. Default false.
   */
  borrowedMessages?: boolean;
  /** Compresses messages with peers that can: permessage-deflate (RFC 7692). Default false. */
  compression?: boolean | CompressionOptions;
}

/** A certificate and its private key, both as the text of a PEM file. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
}

/** How a client checks a `wss:` server. */
export interface ClientTls {
  /** Certificates of the authorities to trust instead of the usual ones, as the text of a PEM file. */
  readonly ca?: string;
}

/** What `serve` takes. */
export interface ServeOptions<Data = undefined> extends Handlers<Data>, CommonOptions {
  /** 0 lets the operating system choose; see `server.port`. Default 0. */
  port?: number;
  /** Address or name to listen on. Default "127.0.0.1": say "0.0.0.0" or "::" for all. */
  hostname?: string;
  /**
   * Lets further servers, of other processes too, listen on the same port when they say so as well: the operating
   * system divides the connections among them, on Linux evenly. Node can from 22.12 and 23.1 on, Deno with
   * `--unstable-net`. Default false.
   */
  reusePort?: boolean;
  /**
   * Most memory that all connections together hold of messages that are not complete, in bytes, what is decompressed of
   * them included. The connection that would need more is closed with 1013. Default 256 MiB.
   */
  maxReceiveMemory?: number;
  /** Serves `wss:` and `https:` instead of `ws:` and `http:`. */
  tls?: ServerTls;
  /** Subprotocols that the server speaks; the first that the client offers is used. */
  subprotocols?: readonly string[];
  /** Answers plain HTTP requests. Left out, they get 426. */
  http?(request: IncomingRequest): HttpResponse | Promise<HttpResponse>;
  /**
   * Decides on an opening handshake: returns a `refuse(...)`, or else what becomes `socket.data`.
   * Left out, all are accepted. What the client sends meanwhile waits.
   */
  accept?(request: IncomingRequest): Data | Refusal | Promise<Data | Refusal>;
}

/** What `connect` takes. */
export interface ConnectOptions<Data = undefined> extends Handlers<Data>, CommonOptions {
  /** Subprotocols to offer, in order of preference. */
  subprotocols?: readonly string[];
  /** Further headers of the opening handshake. */
  headers?: HeadersInit;
  tls?: ClientTls;
  /** Becomes `socket.data`. */
  data?: Data;
}

/** What `server.close` takes. */
export interface CloseOptions {
  /** What clients are told. Default 1001, going away. */
  statusCode?: number;
  reason?: string;
  /** After this many milliseconds connections that are not closed yet are given up. Default 5,000. */
  timeout?: number;
}

/** What a transport package knows about its runtime: ways that are faster than the standard ones. */
export interface RuntimeSupport
  extends Pick<
    ConnectionOptions,
    "text" | "allocate" | "sharedFrom" | "sharedAloneFrom" | "keepFrom"
  > {
  /** All compressors of the process. Left out, there is no compression. */
  readonly compressors?: () => CompressorPool | undefined;
  readonly http?: HttpCoding;
  /** Default: `setImmediate`. */
  readonly nextTurn?: NextTurn;
}

const handlerNames = ["open", "message", "pong", "drain", "close", "error", "wire"] as const;

/**
 * Checks the options that servers and clients have in common.
 *
 * @param options - Retained, not modified: its handlers are called as its methods.
 * @param receiveMemory - What all of the sockets share. Left out, only `maxMessageSize` bounds a message.
 * @throws TypeError or RangeError, naming the option and its value.
 */
export function socketSettings<Data>(
  role: Role,
  options: Handlers<Data> & CommonOptions & { subprotocols?: readonly string[] },
  platform: RuntimeSupport,
  receiveMemory?: ReceiveMemory,
): SocketSettings<Data> {
  checkFunctions(options, handlerNames);
  if (options.subprotocols !== undefined) checkSubprotocols(options.subprotocols);
  const { compressors, nextTurn, ...all } = platform;
  // What waits for `for await` must stay whole when a message that was taken before is transferred.
  const ways = options.message === undefined ? withoutSharing(all) : all;
  const maxBytesPerTurn = checkInteger(
    "maxBytesPerTurn",
    options.maxBytesPerTurn ?? 4_194_304,
    1,
    2 ** 30,
  );
  const connection: ConnectionOptions = {
    ...ways,
    role,
    maxMessageSize: checkInteger(
      "maxMessageSize",
      options.maxMessageSize ?? 16_777_216,
      0,
      2 ** 32,
    ),
    maxFragments: checkInteger("maxFragments", options.maxFragments ?? 1_048_576, 1, 2 ** 32),
    rsv1Negotiated: false,
    borrowedMessages: checkBorrowedMessages(options),
    drawMaskingKey,
    maxFramesPerTurn: checkInteger(
      "maxFramesPerTurn",
      options.maxFramesPerTurn ?? 4_096,
      1,
      2 ** 30,
    ),
    receiveMemory,
  };
  const limit = checkCloseTimeout(options);
  const closing = new Deadlines<Expirable & { expire(): void }>(limit, (session) =>
    session.expire(),
  );
  const paused = new Deadlines<Expirable & { probePeer(): void }>(limit, (session) =>
    session.probePeer(),
  );
  if (role === "client") for (const deadlines of [closing, paused]) deadlines.end();
  return {
    handlers: options,
    connection,
    compressed: {
      ...connection,
      rsv1Negotiated: true,
      maxBytesPerTurn: checkMaxBytesPerTurn(options.compression),
    },
    compression: compressionSettings(options.compression, compressors, connection.maxMessageSize),
    closing,
    paused,
    maxBytesPerTurn,
    turns: nextTurn === undefined ? defaultTurnQueue : turnQueueFor(nextTurn),
    sockets: new OpenSockets(),
  };
}

const now = () => globals.performance.now();
const defaultTurnQueue = new TurnQueue((callback) => globals.setImmediate(callback), now);
const turnQueues = new Map<NextTurn, TurnQueue>();

/** The line of all connections whose runtime has a way of its own to get to the next turn. */
function turnQueueFor(nextTurn: NextTurn): TurnQueue {
  const turns = turnQueues.get(nextTurn) ?? new TurnQueue(nextTurn, now);
  turnQueues.set(nextTurn, turns);
  return turns;
}

/** The same without messages that share memory with others. */
function withoutSharing({
  sharedAloneFrom: _,
  ...ways
}: Omit<RuntimeSupport, "compressors" | "nextTurn">) {
  return { ...ways, sharedFrom: Number.POSITIVE_INFINITY };
}

/** Checks whether messages are lent; returns it or the default. */
function checkBorrowedMessages(options: Handlers<never> & CommonOptions): boolean {
  const { borrowedMessages = false } = options;
  if (typeof borrowedMessages !== "boolean") {
    throw optionError("borrowedMessages", borrowedMessages, "a boolean");
  }
  // What waits for `for await` would be overwritten.
  if (borrowedMessages && options.message === undefined) {
    throw typeError("WS_ERR_INVALID_OPTION", "borrowedMessages needs a message handler");
  }
  return borrowedMessages;
}

/** Checks the limit of memory for messages that are not complete; returns what counts it. */
export function createReceiveMemory(options: ServeOptions<never>): ReceiveMemory {
  const { maxReceiveMemory = 268_435_456 } = options;
  return new ReceiveMemory(
    checkInteger("maxReceiveMemory", maxReceiveMemory, 0, Number.MAX_SAFE_INTEGER),
  );
}

/** Checks the close timeout; returns it or its default. */
export function checkCloseTimeout(options: CommonOptions): number {
  return checkTimeout("closeTimeout", options.closeTimeout ?? 5_000);
}

/** Checks the handshake timeout; returns it or its default. */
export function checkHandshakeTimeout(options: CommonOptions): number {
  return checkTimeout("handshakeTimeout", options.handshakeTimeout ?? 10_000);
}

/** Checks where a server is to listen; returns it with the defaults filled in. */
export function checkListenAddress(options: ServeOptions<never>) {
  const { hostname = "127.0.0.1", reusePort = false, tls } = options;
  if (typeof hostname !== "string" || hostname === "")
    throw optionError("hostname", hostname, "a name");
  if (tls !== undefined && (typeof tls?.cert !== "string" || typeof tls.key !== "string")) {
    throw typeError("WS_ERR_INVALID_OPTION", "tls.cert and tls.key must be the text of PEM files");
  }
  if (typeof reusePort !== "boolean") throw optionError("reusePort", reusePort, "a boolean");
  return { port: checkInteger("port", options.port ?? 0, 0, 65_535), hostname, reusePort };
}
