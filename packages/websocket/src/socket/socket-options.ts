import type { ConnectionOptions, ReceiveMemory, Role } from "@framewright/codec";
import type { CompressorPool } from "@framewright/codec/deflate";
import { checkSubprotocols, type HttpCoding } from "@framewright/codec/handshake";
import { typeError } from "@framewright/codec/internal";
import { type Diagnostics, noDiagnostics, type RuntimeDiagnostics } from "../diagnostics.ts";
import { type BufferLimits, type BufferOptions, bufferLimits } from "../options/buffer-options.ts";
import type { Compression } from "../options/compression.ts";
import type { CompressionOptions } from "../options/compression-options.ts";
import { type LifeOptions, lifeTimes } from "../options/life-options.ts";
import {
  checkFunctions,
  checkInteger,
  checkTimeout,
  type OptionNames,
  optionError,
} from "../options/option-values.ts";
import type { MessageRateOptions } from "../options/rate-options.ts";
import { globals } from "../runtime/globals.ts";
import type { Http2Module } from "../runtime/http2-module.ts";
import { drawMaskingKey } from "../runtime/masking-keys.ts";
import type { ResolveName } from "../runtime/name-resolver.ts";
import { checkRuntime, type RuntimeName } from "../runtime/runtime-name.ts";
import { type NextTurn, TurnQueue } from "../timing/turn-queue.ts";
import type { WriteBatch } from "../timing/write-batch.ts";
import type { TlsModules } from "../transport/tls-modules.ts";
import type { ZlibModule } from "../zlib/zlib-stream.ts";
import { Backlog } from "./backlog.ts";
import { Counters } from "./counters.ts";
import { type Handlers, handlerNames } from "./handlers.ts";
import type { IncomingStream } from "./incoming-stream.ts";
import { type Life, lifeFor } from "./life.ts";
import type { RateLimit } from "./rate-limit.ts";
import { SocketGroup } from "./socket-group.ts";
import type { SocketParts } from "./socket-parts.ts";
import type { Topics } from "./topics.ts";

/** Options of both `serve` and `connect`. */
export interface CommonOptions extends LifeOptions, BufferOptions {
  /**
   * Maximum length of a received message in bytes, 0 to 2^32. A compressed message must not exceed
   * it before or after decompression. A longer message fails the connection with 1009. Default
   * 16 MiB. Text is limited to about 512 MiB in any case, the longest string of the engines.
   */
  maxMessageSize?: number;
  /**
   * Maximum number of frames of a received message, 1 to 2^32. A message of more frames fails the
   * connection with 1008. Default 1,048,576.
   */
  maxFragments?: number;
  /**
   * Messages of more than this many bytes go to the `messageStream` handler, which is required, 0 to
   * 2^32. The length counts before or after decompression, whichever is more. Default 1 MiB with
   * that handler: shorter messages are cheaper to handle whole.
   */
  streamFrom?: number;
  /**
   * Maximum duration of the opening handshake of a server in milliseconds, which includes `accept`.
   * The TLS handshake has the same limit. Default 10,000. For a client see `ConnectOptions`.
   */
  handshakeTimeout?: number;
  /**
   * Maximum time in milliseconds that the closing handshake, or an HTTP response, may go without
   * progress. When the peer ends the connection while a handler is still busy, the descriptor is
   * closed after the same time. A peer whose connection is paused is probed with a Pong at this
   * interval. Default 5,000.
   */
  closeTimeout?: number;
  /**
   * Number of frames after which one connection waits until others have had a turn of the event
   * loop, 1 to 2^30, so that no peer can monopolise the process. In one turn a connection handles
   * at most twice as many. Default 4,096: about a millisecond of work.
   */
  maxFramesPerTurn?: number;
  /**
   * Number of received bytes after which one connection waits until others have had a turn of the
   * event loop, 1 to 2^30. Default 4 MiB. For decompressed bytes see `compression.maxBytesPerTurn`.
   */
  maxBytesPerTurn?: number;
  /**
   * Dangerous. Passes binary messages to the `message` handler as views of memory that is reused,
   * so that nothing is allocated or copied for them. Default false.
   *
   * - A message is valid until the handler returns or reaches its first `await`. Copy what you keep
   *   with `data.slice()`.
   * - A view that is kept, or its `buffer`, later shows other messages, including those of other
   *   connections. While the message is valid, `data.buffer` holds only bytes of its own connection
   *   and zeros.
   * - The memory must not be transferred: that fails the connection.
   * - `send` and `broadcast` accept borrowed messages without a copy by the caller.
   * - A `message` handler is required.
   */
  borrowedMessages?: boolean;
  /**
   * Compresses messages if the peer supports permessage-deflate (RFC 7692). `true` uses the
   * defaults of `CompressionOptions`. Default false, because compression pays only for text of
   * about a kilobyte or more on slow or paid networks.
   */
  compression?: boolean | CompressionOptions;
  /**
   * Limits how many messages the peer may send. Ping and Pong frames do not count. Default: no limit
   * but the speed at which messages are handled.
   */
  messageRate?: MessageRateOptions;
}

/** What an open socket uses of them. */
type CommonSocketOptions = Omit<CommonOptions, "handshakeTimeout">;

export const commonOptionNames: OptionNames<CommonOptions> = {
  maxMessageSize: 1,
  maxFragments: 1,
  streamFrom: 1,
  handshakeTimeout: 1,
  closeTimeout: 1,
  maxFramesPerTurn: 1,
  maxBytesPerTurn: 1,
  borrowedMessages: 1,
  compression: 1,
  messageRate: 1,
  heartbeat: 1,
  idleTimeout: 1,
  maxLifetime: 1,
  maxBufferedAmount: 1,
  whenFull: 1,
  highWaterMark: 1,
  lowWaterMark: 1,
};

/** State that all sockets of a server share, on whichever route. Each client has its own. */
export interface SharedState<Data> {
  readonly group: SocketGroup<Data>;
  readonly counters: Counters;
  /** Those in use, by their times. All clients of the process share them. */
  readonly lives: Map<string, Life>;
  /** Without it only `maxMessageSize` limits the memory of a message. */
  readonly receiveMemory: ReceiveMemory | undefined;
  /** Undefined on a client, like `topics`. */
  readonly backlog: Backlog | undefined;
  readonly topics: Topics<Data> | undefined;
}

/** State that only the sockets of a server share. */
export type ServerState<Data> = Pick<SharedState<Data>, "receiveMemory" | "topics"> & {
  /** Maximum number of bytes that may wait for all sockets together. */
  readonly maxBacklog: number;
};

/** State that all sockets with the same options share. */
export interface SocketSettings<Data> extends Omit<SharedState<Data>, "lives" | "receiveMemory"> {
  readonly handlers: Handlers<Data>;
  readonly connection: ConnectionOptions;
  /** Undefined if compression is off. */
  readonly compression: Compression | undefined;
  /** Bytes received in one turn of the event loop after which a connection lets others go first. */
  readonly maxBytesPerTurn: number;
  /** Connections that wait for their next turn of the event loop. */
  readonly turns: TurnQueue;
  /** Undefined if each socket is written as soon as it was read. */
  readonly writeBatch: WriteBatch | undefined;
  readonly buffers: BufferLimits;
  /** Undefined if the peers may send any number of messages. */
  readonly rate: RateLimit | undefined;
  /**
   * Creates the stream of a long message. There is none without a `messageStream` handler.
   *
   * @param onSpace - Called when a further part may come.
   */
  readonly createStream: (onSpace: () => void) => IncomingStream;
  /** Heartbeats and other timeouts of open sockets. */
  readonly life: Life;
  readonly diagnostics: Diagnostics;
}

/**
 * What a transport package provides for its runtime. All members are optional: most replace a
 * standard implementation with a faster one.
 */
export interface RuntimeSupport
  extends Pick<
    ConnectionOptions,
    "text" | "allocate" | "sharedFrom" | "sharedAloneFrom" | "slicedFrom" | "keepFrom"
  > {
  /**
   * The runtime that the transport is for. On another one, each function that gets this object throws
   * an `UnsupportedError` with the code WS_ERR_WRONG_RUNTIME. Default: not checked.
   */
  readonly runtime?: RuntimeName;
  /**
   * Returns `node:zlib`, or undefined if it is not there. Without it, or other compressors, the option
   * `compression` is refused.
   */
  readonly zlib?: () => ZlibModule | undefined;
  /** Returns the compressors of the process, instead of those that `zlib` makes. */
  readonly compressors?: () => CompressorPool | undefined;
  /** Text coding and SHA-1 of a server's opening handshake. */
  readonly http?: HttpCoding;
  /** Returns `node:http2`, for the client's option `http2`; undefined if it is not there. */
  readonly http2?: () => Http2Module | undefined;
  /**
   * Flow-control window of an HTTP/2 connection in bytes, which its WebSockets share. Default: that
   * of `node:http2`.
   */
  readonly http2Window?: number;
  /** The system's resolver. Without it the client's option `family` is refused. */
  readonly resolveName?: ResolveName;
  /** Loads the modules for TLS over a transport. Without it proxies cannot be used for `wss:`. */
  readonly tlsModules?: () => Promise<TlsModules>;
  /** Returns how much memory the process may use in bytes; undefined if that is not known. */
  readonly usableMemory?: () => number | undefined;
  /** Calls back in the next turn of the event loop. Default: `setImmediate`. */
  readonly nextTurn?: NextTurn;
  /**
   * Writes the answers to sockets that are read in the same turn of the event loop together. Default:
   * each is written as soon as its socket was read.
   */
  readonly writeBatch?: WriteBatch;
  /** What operators subscribe to. Default: nothing is published. */
  readonly diagnostics?: RuntimeDiagnostics;
}

/** With what the options of sockets need. */
export interface LoadedSupport extends RuntimeSupport {
  readonly parts?: SocketParts;
}

const clientLives = new Map<string, Life>();

/** Validates `closeTimeout` and creates the state that sockets share. */
export function sharedState<Data>(
  options: CommonSocketOptions,
  server?: ServerState<Data>,
): SharedState<Data> {
  const group = new SocketGroup<Data>(checkCloseTimeout(options));
  if (server === undefined) group.end();
  return {
    group,
    counters: new Counters(),
    lives: server === undefined ? clientLives : new Map(),
    receiveMemory: server?.receiveMemory,
    topics: server?.topics,
    backlog: server && new Backlog(server.maxBacklog, group.open),
  };
}

/**
 * Validates the options that `serve` and `connect` share and fills in their defaults.
 *
 * @param options - Retained, not modified. Its handlers are called as its methods.
 * @throws TypeError or RangeError that names the option and its value.
 */
export function socketSettings<Data>(
  role: Role,
  options: Handlers<Data> & CommonSocketOptions & { subprotocols?: readonly string[] },
  support: LoadedSupport,
  shared: SharedState<Data> = sharedState(options),
): SocketSettings<Data> {
  checkFunctions(options, Object.keys(handlerNames));
  if (options.subprotocols !== undefined) checkSubprotocols(options.subprotocols);
  const {
    runtime,
    parts = {},
    zlib,
    compressors,
    http: _,
    http2: __,
    http2Window: ___,
    usableMemory: ____,
    resolveName: _____,
    tlsModules: ______,
    nextTurn,
    writeBatch,
    diagnostics = noDiagnostics,
    ...memoryAndText
  } = support;
  checkRuntime(runtime);
  // If messages shared an `ArrayBuffer`, transferring one that was read would detach those that
  // still wait for `for await`.
  const connectionSupport =
    options.message === undefined ? withoutSharing(memoryAndText) : memoryAndText;
  const maxMessageSize = checkInteger(
    "maxMessageSize",
    options.maxMessageSize ?? 16_777_216,
    0,
    2 ** 32,
  );
  const compression = parts.compression?.(
    options.compression,
    { zlib, compressors },
    maxMessageSize,
  );
  const maxBytesPerTurn = checkInteger(
    "maxBytesPerTurn",
    options.maxBytesPerTurn ?? 4_194_304,
    1,
    2 ** 30,
  );
  const connection: ConnectionOptions = {
    ...connectionSupport,
    role,
    maxMessageSize,
    maxFragments: checkInteger("maxFragments", options.maxFragments ?? 1_048_576, 1, 2 ** 32),
    streamFrom: checkStreamFrom(options),
    borrowedMessages: checkBorrowedMessages(options),
    drawMaskingKey,
    maxFramesPerTurn: checkInteger(
      "maxFramesPerTurn",
      options.maxFramesPerTurn ?? 4_096,
      1,
      2 ** 30,
    ),
    ...(compression && { maxInflatedPerTurn: compression.maxBytesPerTurn }),
    receiveMemory: shared.receiveMemory,
  };
  const { group, counters, backlog, topics } = shared;
  return {
    handlers: options,
    connection,
    compression,
    maxBytesPerTurn,
    turns: nextTurn === undefined ? defaultTurnQueue : turnQueueFor(nextTurn),
    writeBatch,
    group,
    counters,
    backlog,
    topics,
    buffers: bufferLimits(options),
    rate: parts.messageRate?.(options.messageRate),
    createStream: parts.messageStream as NonNullable<SocketParts["messageStream"]>,
    life: lifeFor(shared.lives, lifeTimes(options)),
    diagnostics: diagnostics[role],
  };
}

const now = () => globals.performance.now();
const defaultTurnQueue = new TurnQueue((callback) => globals.setImmediate(callback), now);
const turnQueues = new Map<NextTurn, TurnQueue>();

/** Returns the queue that all connections with the same `nextTurn` share. */
function turnQueueFor(nextTurn: NextTurn): TurnQueue {
  const turns = turnQueues.get(nextTurn) ?? new TurnQueue(nextTurn, now);
  turnQueues.set(nextTurn, turns);
  return turns;
}

/** Returns the same support, but each message gets an `ArrayBuffer` of its own. */
function withoutSharing({
  sharedAloneFrom: _,
  ...support
}: Omit<
  RuntimeSupport,
  "runtime" | "zlib" | "compressors" | "nextTurn" | "writeBatch" | "diagnostics"
>) {
  return { ...support, sharedFrom: Number.POSITIVE_INFINITY };
}

/** Validates `borrowedMessages`. Returns the value or its default. */
function checkBorrowedMessages(options: Handlers<never> & CommonSocketOptions): boolean {
  const { borrowedMessages = false } = options;
  if (typeof borrowedMessages !== "boolean") {
    throw optionError("borrowedMessages", borrowedMessages, "a boolean");
  }
  // Messages that wait for `for await` would be overwritten.
  if (borrowedMessages && options.message === undefined) {
    throw typeError("WS_ERR_INVALID_OPTION", "borrowedMessages needs a message handler");
  }
  return borrowedMessages;
}

/** Validates `streamFrom`. Returns the value or its default, undefined without its handler. */
function checkStreamFrom({
  streamFrom,
  messageStream,
}: Handlers<never> & CommonOptions): number | undefined {
  if (messageStream !== undefined) {
    return checkInteger("streamFrom", streamFrom ?? 1_048_576, 0, 2 ** 32);
  }
  if (streamFrom === undefined) return undefined;
  throw typeError("WS_ERR_INVALID_OPTION", "streamFrom needs a messageStream handler");
}

/** Validates `closeTimeout`. Returns the value or its default, in milliseconds. */
export function checkCloseTimeout(options: CommonSocketOptions): number {
  return checkTimeout("closeTimeout", options.closeTimeout ?? 5_000);
}

/** Validates `handshakeTimeout`. Returns the value or its default, in milliseconds. */
export function checkHandshakeTimeout(options: CommonOptions): number {
  return checkTimeout("handshakeTimeout", options.handshakeTimeout ?? 10_000);
}
