import { HandshakeError } from "@framewright/codec";
import { acceptDeflateOffer, type CompressorPool } from "@framewright/codec/deflate";
import {
  chooseSubprotocol,
  encodeHandshakeFault,
  encodeHttpResponse,
  encodeUpgradeResponse,
  formatExtensionList,
  type HttpCoding,
  type HttpResponse,
  isUpgradeRequest,
  offeredExtensions,
  UpgradeRequestReader,
} from "@framewright/codec/handshake";
import { MessageBuffer, noBytes } from "@framewright/codec/internal";
import type { Diagnostics } from "../diagnostics.ts";
import { count } from "../socket/counters.ts";
import { asPromise, callHandler, reportError } from "../socket/handlers.ts";
import { openSocket } from "../socket/open-socket.ts";
import type { Socket } from "../socket/socket.ts";
import type { SharedState } from "../socket/socket-options.ts";
import type { Deadlines } from "../timing/deadlines.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { Admission } from "./admission.ts";
import { HttpAnswer } from "./http-answer.ts";
import { IncomingRequest, pathOf } from "./incoming-request.ts";
import { Refusal } from "./refusal.ts";
import type { Route, Router } from "./routes.ts";
import type { ServeOptions } from "./serve-options.ts";

/** Maximum number of bytes that a client may send before the opening handshake is answered. */
const maxKeptLength = 65_536;

/** State that all handshakes of one server share. */
export interface ServerHandshakeSettings<Data> {
  readonly options: ServeOptions<Data>;
  readonly shared: SharedState<Data>;
  readonly router: Router<Data>;
  readonly coding: HttpCoding | undefined;
  /** Undefined if compression is off on all routes. */
  readonly compressors: CompressorPool | undefined;
  readonly diagnostics: Diagnostics;
  readonly maxPendingHandshakes: number;
  /** Number of opening handshakes that were accepted. */
  accepted: number;
  /** Numbers of failed opening handshakes by code. */
  readonly refused: Map<string, number>;
  /** Handshakes that have no response yet. They expire after the handshake timeout. */
  readonly handshakes: Deadlines<ServerHandshake<Data>>;
  /** HTTP responses that are being written. They expire after the close timeout. */
  readonly answers: Deadlines<HttpAnswer>;
}

/**
 * The server's side of a connection until it becomes a WebSocket or an HTTP response is sent (RFC
 * 6455 section 4.2). The request and `accept` together may take the handshake timeout.
 */
export class ServerHandshake<Data> implements TransportListener {
  /** Written by `Deadlines` only. */
  deadlineIndex = -1;
  private readonly settings: ServerHandshakeSettings<Data>;
  readonly transport: Transport;
  private readonly reader: UpgradeRequestReader;
  private method = "";
  request: IncomingRequest | undefined = undefined;
  /** Bytes received after the request. Set while a promise of user code is pending. */
  private rest: MessageBuffer | undefined = undefined;
  private hasReceived = false;
  /** Whether `http` answers the request. It is no opening handshake then. */
  private isPlainHttp = false;
  /** What the handshake was counted as; undefined if nothing limits it. */
  private admission: Admission | undefined = undefined;
  private finished = false;
  private readonly startTime: number | undefined;

  constructor(settings: ServerHandshakeSettings<Data>, transport: Transport) {
    this.settings = settings;
    this.transport = transport;
    this.startTime = settings.diagnostics.startTime();
    this.reader = new UpgradeRequestReader(settings.coding);
    transport.listener = this;
    const { handshakes, answers, maxPendingHandshakes } = settings;
    if (handshakes.size < maxPendingHandshakes) {
      handshakes.add(this);
    } else if (answers.size < maxPendingHandshakes) {
      const message = "too many opening handshakes";
      this.refuseFault(new HandshakeError("WS_ERR_TOO_MANY_HANDSHAKES", 503, message));
    } else {
      settings.diagnostics.limited("maxPendingHandshakes", "terminated", this);
      this.destroy();
    }
  }

  receive(bytes: Uint8Array): void {
    this.hasReceived = true;
    if (this.rest !== undefined) return this.keep(this.rest, bytes);
    const after = this.reader.push(bytes);
    if (after < 0) return;
    const { request, error } = this.reader;
    if (request === undefined) return this.refuseFault(error as HandshakeError);
    this.method = request.method;
    // Most clients wait for the response, so avoid the view when nothing follows. On Bun, creating
    // the first view makes JavaScriptCore materialise the `ArrayBuffer`.
    const rest = after === bytes.length ? noBytes : bytes.subarray(after);
    const { options, router } = this.settings;
    const found = error ?? router.find(pathOf(request.target));
    const { remoteAddress, peerCertificate } = this.transport;
    const incoming = new IncomingRequest(request, remoteAddress, {
      isSecure: options.tls !== undefined,
      peerCertificate,
      params: found instanceof HandshakeError ? {} : found.params,
    });
    this.request = incoming;
    if (options.http !== undefined && !isUpgradeRequest(request)) {
      this.isPlainHttp = true;
      this.decide(
        () => options.http?.(incoming) as HttpResponse | Promise<HttpResponse>,
        (response) => this.send(encodeHttpResponse(response, this.method)),
        rest,
      );
    } else if (found instanceof HandshakeError) {
      this.refuseFault(found);
    } else {
      const { route } = found;
      this.decide(
        () => this.admit(route, incoming) ?? route.options.accept?.(incoming),
        (decision, rest) =>
          this.upgrade(route, incoming, decision as Data | Refusal | HandshakeError, rest),
        rest,
      );
    }
  }

  drained(): void {}

  /** Keeps bytes that arrive before user code has decided. */
  private keep(rest: MessageBuffer, bytes: Uint8Array): void {
    const left = maxKeptLength - rest.length - bytes.length;
    if (left < 0) return this.destroy();
    rest.append(bytes, 0, bytes.length, left);
  }

  /** A client that ends its direction before the response is gone. */
  ended(): void {
    this.destroy();
  }

  failed(): void {
    this.lose();
  }

  /** Closes the connection without a response. */
  destroy(): void {
    this.transport.destroy();
    this.lose();
  }

  /** Called when the handshake timeout has passed. */
  expire(): void {
    const message = "the opening handshake took too long";
    this.refuseFault(new HandshakeError("WS_ERR_HANDSHAKE_TIMEOUT", 408, message));
  }

  /**
   * Calls user code and passes its result to `proceed`. Until a promise settles, the client of an
   * opening handshake is read, because only then is its end noticed, and the transport of a plain
   * HTTP request is paused.
   *
   * @param rest - Bytes after the request. Borrowed; copied if the result is a promise.
   */
  private decide<T>(
    ask: () => T | Promise<T>,
    proceed: (decision: T, rest: Uint8Array) => void,
    rest: Uint8Array,
  ): void {
    let decision: T | Promise<T>;
    let promise: Promise<T> | undefined;
    try {
      decision = ask();
      promise = asPromise(decision);
    } catch (error) {
      return this.refuseError(error);
    }
    if (promise === undefined) return this.proceed(decision as T, proceed, rest);
    if (this.isPlainHttp) this.transport.pause();
    const kept = new MessageBuffer();
    this.rest = kept;
    this.keep(kept, rest);
    promise.then(
      (settled) => this.proceed(settled, proceed, kept.bytes.subarray(0, kept.length)),
      (error) => this.refuseError(error),
    );
  }

  private proceed<T>(
    decision: T,
    proceed: (decision: T, rest: Uint8Array) => void,
    rest: Uint8Array,
  ) {
    if (this.finished) return;
    try {
      proceed(decision, rest);
    } catch (error) {
      this.refuseError(error);
    }
  }

  /** Returns why the handshake is refused without asking `accept`; undefined if it is not. */
  private admit(route: Route<Data>, request: IncomingRequest): HandshakeError | undefined {
    const { isOriginAllowed, limits } = route;
    // Clients that are no browsers send no origin.
    if (isOriginAllowed !== undefined && request.origin !== "" && !isOriginAllowed(request)) {
      const message = "connections from this origin are not allowed";
      return new HandshakeError("WS_ERR_ORIGIN_NOT_ALLOWED", 403, message);
    }
    if (limits.length === 0) return undefined;
    this.admission = new Admission(limits);
    return this.admission.admit(request);
  }

  private upgrade(
    { socket: settings, options }: Route<Data>,
    request: IncomingRequest,
    decision: Data | Refusal | HandshakeError,
    rest: Uint8Array,
  ): void {
    const fault = decision instanceof Error ? decision : this.admission?.connectionsFault();
    if (fault !== undefined) return this.refuseFault(fault);
    if (decision instanceof Refusal) {
      const { status, reason, headers } = decision;
      this.reportRefused(new HandshakeError("WS_ERR_REFUSED", status, reason));
      const body = reason === "" ? "" : `${reason}\n`;
      return this.send(encodeHttpResponse({ status, headers, body }, this.method));
    }
    const subprotocol = chooseSubprotocol(request, options.subprotocols ?? []);
    const { compression } = settings;
    const accepted =
      compression === undefined
        ? undefined
        : acceptDeflateOffer(offeredExtensions(request), compression);
    const chosen = accepted === undefined ? [] : [accepted.response];
    const answer = encodeUpgradeResponse(request, subprotocol, {}, chosen, this.settings.coding);
    const extensions = formatExtensionList(chosen);
    const negotiated = { subprotocol, extensions, deflate: accepted?.deflate };
    this.finish();
    this.settings.accepted++;
    const data = decision as Data;
    const report = this.settings.diagnostics.reportsHandshakes
      ? (socket: Socket<unknown>) => this.publishEnd(undefined, socket)
      : undefined;
    const socket = openSocket(settings, this.transport, negotiated, data, answer, rest, report);
    this.admission?.opened(socket as Socket<unknown>);
  }

  private refuseFault(fault: HandshakeError): void {
    this.reportRefused(fault);
    this.send(encodeHandshakeFault(fault, this.method));
  }

  private reportRefused(fault: HandshakeError): void {
    this.request?.abort();
    const { options, refused, diagnostics } = this.settings;
    diagnostics.limitedBy(fault, this);
    if (this.isPlainHttp) return;
    if (diagnostics.reportsHandshakes) this.publishEnd(fault, undefined);
    count(refused, fault.code);
    if (options.refused === undefined) return;
    callHandler(
      () => options.refused?.(this.request, fault),
      (error) => reportError(options, diagnostics, error, undefined),
    );
  }

  private publishEnd(fault: HandshakeError | undefined, socket: Socket<unknown> | undefined): void {
    const { request, transport } = this;
    const { remoteAddress } = transport;
    const details = { request, url: undefined, remoteAddress, socket, fault };
    this.settings.diagnostics.handshakeEnded(this.startTime, details);
  }

  /** Reports an error of user code and responds with 500. The client does not see the error. */
  private refuseError(error: unknown): void {
    if (this.finished) return;
    reportError(this.settings.options, this.settings.diagnostics, error, undefined);
    const message = "accept failed";
    this.reportRefused(new HandshakeError("WS_ERR_HANDLER_FAILED", 500, message, { cause: error }));
    this.send(encodeHttpResponse({ status: 500, body: "internal server error\n" }, this.method));
  }

  /** Ends the handshake with an HTTP response. */
  private send(response: Uint8Array): void {
    this.finish();
    this.admission?.release();
    new HttpAnswer(this.settings.answers, this.transport, response);
  }

  /** The connection is gone. */
  private lose(): void {
    if (this.finished) return;
    this.finish();
    this.admission?.release();
    // Port scans and health checks that send nothing are not reported.
    if (!this.hasReceived) return;
    const message = "the connection ended before the opening handshake was done";
    this.reportRefused(new HandshakeError("WS_ERR_HANDSHAKE_INCOMPLETE", 0, message));
  }

  private finish(): void {
    this.finished = true;
    this.settings.handshakes.delete(this);
  }
}
