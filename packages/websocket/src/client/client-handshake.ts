import { HandshakeError } from "@framewright/codec";
import { DeflateOffer } from "@framewright/codec/deflate";
import {
  encodeKey,
  encodeUpgradeRequest,
  formatExtensionList,
  parseWebSocketUrl,
  type UpgradeRequest,
  UpgradeResponseReader,
  type WebSocketUrl,
} from "@framewright/codec/handshake";
import { noBytes, OutputQueue, shownValue, typeError } from "@framewright/codec/internal";
import { checkOptionNames, checkOptions } from "../options/option-values.ts";
import { type AbortSignal, globals, type Timer } from "../runtime/globals.ts";
import { openSocket } from "../socket/open-socket.ts";
import type { Socket } from "../socket/socket.ts";
import type { SocketSettings } from "../socket/socket-options.ts";
import {
  checkHandshakeTimeout,
  type RuntimeSupport,
  socketSettings,
} from "../socket/socket-options.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { writeOut } from "../transport/write-out.ts";
import { type ClientTlsSettings, checkClientTls } from "./client-tls.ts";
import { checkHttp2, connectHttp2 } from "./connect-http2.ts";
import {
  type ConnectOptions,
  checkConcurrentConnects,
  connectOptionNames,
} from "./connect-options.ts";
import { ConnectAttempt } from "./connect-queue.ts";
import { HandshakeReport } from "./handshake-report.ts";
import type { StreamRequest } from "./http2-handshake.ts";

/**
 * Opens a transport to a server. Calls `opened` when the transport is connected and, with TLS, the
 * certificate is verified, then resolves. With TLS it calls `connected` before, when the TCP
 * connection stands. Rejects with the runtime's error. Stops connecting if `signal` is aborted.
 */
export type OpenTransport = (
  url: WebSocketUrl,
  tls: ClientTlsSettings,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
  connected: () => void,
) => Promise<void>;

/**
 * How long the client waits for the body of a refusal, in milliseconds. Some servers send neither
 * its length nor an end.
 */
const bodyTimeout = 1_000;

/**
 * Connects to a server: opens a transport and performs the client's opening handshake (RFC 6455
 * section 4.1), both within the handshake timeout, which starts now. Each transport package
 * implements `connect` with it.
 *
 * @param options - Retained, not modified. Its handlers are called as its methods.
 * @param support - Retained, not modified.
 * @throws TypeError or RangeError for an invalid URL or option; HandshakeError for any other
 *   failure.
 */
export async function connectWith<Data>(
  url: string | { readonly href: string },
  options: ConnectOptions<Data>,
  open: OpenTransport,
  support: RuntimeSupport = {},
): Promise<Socket<Data>> {
  const parsed = parseWebSocketUrl(urlText(url));
  checkOptions(options, "connect");
  checkOptionNames(options, connectOptionNames);
  return prepareConnect(parsed, options, open, support)();
}

/** Returns the text of a URL. */
function urlText(url: unknown): string {
  const text = typeof url === "object" && url !== null ? (url as { href?: unknown }).href : url;
  if (typeof text === "string") return text;
  throw typeError("WS_ERR_INVALID_URL", `a URL must be a string or a URL, got ${shownValue(url)}`);
}

/**
 * Validates the options of `connect`.
 *
 * @returns A function that connects. Call it once, at once. Its signal stops the attempt, but not a
 *   handshake over HTTP/2. The signal is retained: it must belong to this attempt alone.
 * @throws TypeError or RangeError for an invalid option, before a transport is opened.
 */
export function prepareConnect<Data>(
  url: WebSocketUrl,
  options: ConnectOptions<Data>,
  open: OpenTransport,
  support: RuntimeSupport,
): (signal?: AbortSignal) => Promise<Socket<Data>> {
  const settings = socketSettings("client", options, support);
  const timeout = checkHandshakeTimeout(options);
  const maxConnecting = checkConcurrentConnects(options.concurrentConnects);
  const tls = checkClientTls(options.tls);
  const http2 = checkHttp2(options.http2, support, url.socketPath);
  const offer =
    settings.compression === undefined ? undefined : new DeflateOffer(settings.compression);
  const request: UpgradeRequest = {
    url,
    key: encodeKey(globals.crypto.getRandomValues(new Uint8Array(16))),
    subprotocols: options.subprotocols ?? [],
    extensions: offer === undefined ? [] : [offer.extension],
    headers: options.headers ?? {},
  };
  const bytes = encodeRequest(request, offer);
  const attempt = { settings, request, offer, data: options.data as Data };
  const connect = (time: number, signal?: AbortSignal) =>
    new Promise<Socket<Data>>((resolve, reject) => {
      const handshake = new ClientHandshake<Data>(attempt, resolve, reject);
      signal?.addEventListener("abort", () => handshake.fail(abortedError(url)));
      if (signal?.aborted) return handshake.fail(abortedError(url));
      handshake.startTimer(time);
      const start = () => {
        open(
          url,
          tls,
          handshake.abort.signal,
          (transport) => handshake.start(transport, bytes),
          () => handshake.connected(),
        ).catch((error) => handshake.fail(connectError(url, error)));
      };
      handshake.connect(new ConnectAttempt(addressOf(url), maxConnecting, start));
    });
  return async (signal) => {
    if (signal?.aborted) {
      offer?.withdraw();
      throw abortedError(url);
    }
    if (http2 === false) return connect(timeout, signal);
    const deadline = globals.performance.now() + timeout;
    const socket = await connectHttp2(http2, attempt, tls, support, timeout).catch((error) => {
      offer?.withdraw();
      throw error;
    });
    if (socket === undefined) {
      return connect(Math.max(deadline - globals.performance.now(), 1), signal);
    }
    offer?.withdraw();
    return socket;
  };
}

function encodeRequest(request: UpgradeRequest, offer: DeflateOffer | undefined): Uint8Array {
  try {
    return encodeUpgradeRequest(request);
  } catch (error) {
    offer?.withdraw();
    throw error;
  }
}

/** The client's side of a connection until it becomes a WebSocket or has failed. */
class ClientHandshake<Data> implements TransportListener {
  private readonly settings: SocketSettings<Data>;
  private readonly report: HandshakeReport;
  private readonly reader: UpgradeResponseReader;
  private readonly offer: DeflateOffer | undefined;
  private readonly data: Data;
  private readonly resolve: (socket: Socket<Data>) => void;
  private readonly reject: (error: Error) => void;
  readonly abort = new globals.AbortController();

  private readonly output = new OutputQueue();
  private transport: Transport | undefined = undefined;
  private attempt: ConnectAttempt | undefined = undefined;
  private hasConnected = false;
  private timer: Timer | undefined = undefined;
  private deadline = 0;
  private hasBodyTimer = false;
  private finished = false;

  constructor(
    { settings, request, offer, data }: StreamRequest<Data>,
    resolve: (socket: Socket<Data>) => void,
    reject: (error: Error) => void,
  ) {
    this.settings = settings;
    this.report = new HandshakeReport(settings.diagnostics, request.url);
    this.reader = new UpgradeResponseReader(request);
    this.offer = offer;
    this.data = data;
    this.resolve = resolve;
    this.reject = reject;
  }

  startTimer(timeout: number): void {
    this.deadline = globals.performance.now() + timeout;
    this.timer = globals.setTimeout(timedOut, timeout, this as ClientHandshake<unknown>);
  }

  /** What the handshake waits for, for the error of its timeout. */
  get pendingStep(): string {
    if (this.transport !== undefined) return "the server has not responded";
    if (this.hasConnected) return "the TLS handshake is not done";
    if (this.attempt?.isWaiting) return "earlier connections to the host are not answered";
    return "the connection is not answered";
  }

  /** Starts the time for the body of a refusal, which never extends the handshake timeout. */
  private startBodyTimer(): void {
    if (this.hasBodyTimer) return;
    this.hasBodyTimer = true;
    globals.clearTimeout(this.timer);
    const left = Math.max(this.deadline - globals.performance.now(), 1);
    this.startTimer(Math.min(bodyTimeout, left));
  }

  /** Starts to connect, after earlier connections to the same host if need be. */
  connect(attempt: ConnectAttempt): void {
    this.attempt = attempt;
    attempt.queue();
  }

  /** The TCP connection stands. */
  connected(): void {
    this.hasConnected = true;
    this.attempt?.end(true);
  }

  start(transport: Transport, request: Uint8Array): void {
    this.connected();
    if (this.finished) return transport.destroy();
    this.transport = transport;
    transport.listener = this;
    this.output.appendReference(request);
    this.drained();
  }

  drained(): void {
    if (this.transport !== undefined) writeOut(this.output, this.transport);
  }

  receive(bytes: Uint8Array): void {
    const after = this.reader.push(bytes);
    if (after < 0) {
      if (this.reader.isReadingBody) this.startBodyTimer();
      return;
    }
    const { agreement, error } = this.reader;
    if (agreement === undefined) return this.fail(error as HandshakeError);
    const { subprotocol, extensions } = agreement;
    // permessage-deflate is the only extension that the client offers, so it is the only one here.
    const deflate = extensions.length > 0 ? this.offer?.accept(extensions[0]) : undefined;
    if (deflate === undefined && extensions.length > 0) {
      const { refusal } = this.offer as DeflateOffer;
      return this.fail(new HandshakeError("WS_ERR_INVALID_EXTENSION", 101, refusal));
    }
    this.finished = true;
    this.offer?.withdraw();
    globals.clearTimeout(this.timer);
    const transport = this.transport as Transport;
    const rest = bytes.subarray(after);
    const negotiated = { subprotocol, extensions: formatExtensionList(extensions), deflate };
    const report = this.report.opened(transport);
    this.resolve(
      openSocket(this.settings, transport, negotiated, this.data, noBytes, rest, report),
    );
  }

  ended(): void {
    this.failed();
  }

  failed(cause?: Error): void {
    const message = "the connection ended before the opening handshake was done";
    this.fail(new HandshakeError("WS_ERR_HANDSHAKE_INCOMPLETE", 0, message, { cause }));
  }

  fail(error: HandshakeError): void {
    if (this.finished) return;
    this.finished = true;
    this.attempt?.end(false);
    this.offer?.withdraw();
    globals.clearTimeout(this.timer);
    if (this.transport === undefined) this.abort.abort();
    else this.transport.destroy();
    // If the server refused the handshake, its response explains more than the loss of its body.
    const fault = this.reader.end() ?? error;
    this.report.failed(fault, this.transport);
    this.reject(fault);
  }
}

function timedOut(handshake: ClientHandshake<unknown>): void {
  const message = `the opening handshake took too long: ${handshake.pendingStep}`;
  handshake.fail(new HandshakeError("WS_ERR_HANDSHAKE_TIMEOUT", 0, message));
}

function connectError(url: WebSocketUrl, cause: unknown): HandshakeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot connect to ${addressOf(url)}: ${reason}`;
  return new HandshakeError("WS_ERR_CONNECT_FAILED", 0, message, { cause });
}

function abortedError(url: WebSocketUrl): HandshakeError {
  const message = `cannot connect to ${addressOf(url)}: the attempt was aborted`;
  return new HandshakeError("WS_ERR_CONNECT_FAILED", 0, message);
}

/** Returns what to connect to, for errors and as the key of the queue. */
function addressOf({ hostname, port, socketPath }: WebSocketUrl): string {
  if (socketPath === "") return `${hostname} port ${port}`;
  return socketPath.startsWith("\0") ? `@${socketPath.slice(1)}` : socketPath;
}
