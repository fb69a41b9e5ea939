import { HandshakeError } from "@framewright/codec";
import {
  chooseSubprotocol,
  type Extension,
  encodeHttpResponse,
  encodeUpgradeResponse,
  faultResponse,
  formatExtensionList,
  type HeadersInit,
  type HttpRequest,
  type HttpResponse,
  isUpgradeRequest,
  offeredExtensions,
} from "@framewright/codec/handshake";
import { MessageBuffer } from "@framewright/codec/internal";
import { asPromise, reportError } from "../socket/handlers.ts";
import { openSocket } from "../socket/open-socket.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import type { Admission } from "./admission.ts";
import { acceptanceReport, reportRefusedHandshake } from "./handshake-outcome.ts";
import type { ServerHandshakeSettings } from "./handshake-settings.ts";
import { HttpAnswer } from "./http-answer.ts";
import { type IncomingRequest, pathOf, ReceivedRequest } from "./incoming-request.ts";
import { Refusal } from "./refusal.ts";
import type { Route } from "./route.ts";

/** Maximum number of bytes that a client may send before the opening handshake is answered. */
const maxKeptLength = 65_536;

/**
 * Decides on one opening handshake (RFC 6455 section 4.2.2): finds its route, applies the limits, asks
 * `accept`, and opens the socket or refuses. Ends with the handshake timeout.
 */
export abstract class HandshakeDecision<Data> implements TransportListener {
  /** Written by `Deadlines` only. */
  deadlineIndex = -1;
  protected readonly settings: ServerHandshakeSettings<Data>;
  readonly transport: Transport;
  protected method = "";
  request: ReceivedRequest | undefined = undefined;
  protected hasReceived = false;
  /** Whether `http` answers the request. It is no opening handshake then. */
  protected isPlainHttp = false;
  /** Bytes received after the request. Set while a promise of user code is pending. */
  private rest: MessageBuffer | undefined = undefined;
  /** What the handshake was counted as; undefined if nothing limits it. */
  private admission: Admission | undefined = undefined;
  private finished = false;
  readonly startTime: number | undefined;

  constructor(settings: ServerHandshakeSettings<Data>, transport: Transport) {
    this.settings = settings;
    this.transport = transport;
    this.startTime = settings.diagnostics.startTime();
    transport.listener = this;
  }

  /**
   * Starts the handshake timeout. If too many handshakes are pending, one that waits for its request
   * gives way. Returns false if there is none, so that this one is refused.
   */
  protected begin(): boolean {
    const { handshakes, incomplete, maxPendingHandshakes } = this.settings;
    const evicted = handshakes.size < maxPendingHandshakes ? undefined : incomplete.next;
    // With TLS handshakes there may be more, which must not let requests take further places.
    const decided = handshakes.size - incomplete.size;
    if (decided >= maxPendingHandshakes) {
      this.turnAway();
      return false;
    }
    handshakes.add(this);
    this.began();
    // Last, because the handler `refused` may close the server.
    evicted?.evict();
    return true;
  }

  /** Called when the handshake has a place. */
  protected began(): void {}

  /** Ends a handshake for which there is no place. As many as may be pending get an answer. */
  protected turnAway(): void {
    const { answers, diagnostics, maxPendingHandshakes } = this.settings;
    if (answers.size < maxPendingHandshakes) {
      const message = "too many opening handshakes";
      this.refuseFault(new HandshakeError("WS_ERR_TOO_MANY_HANDSHAKES", 503, message));
    } else {
      diagnostics.limited("maxPendingHandshakes", "terminated", this);
      this.destroy();
    }
  }

  /**
   * Decides on a request.
   *
   * @param fault - Why it is no valid opening handshake; undefined if it is one.
   * @param details - See `IncomingRequest`.
   * @param rest - Bytes after the request. Borrowed.
   */
  protected decideOn(
    request: HttpRequest,
    fault: HandshakeError | undefined,
    details: { readonly isSecure: boolean; readonly raw?: unknown },
    rest: Uint8Array,
  ): void {
    this.method = request.method;
    const found = fault ?? this.settings.router.find(pathOf(request.target));
    const { remoteAddress, peerCertificate } = this.transport;
    const incoming = new ReceivedRequest(request, remoteAddress, {
      isSecure: details.isSecure,
      raw: details.raw,
      peerCertificate,
      params: found instanceof HandshakeError ? {} : found.params,
    });
    this.request = incoming;
    const { http } = this.settings.options;
    if (fault !== undefined && http !== undefined && !isUpgradeRequest(request)) {
      this.isPlainHttp = true;
      this.decide(
        () => this.settings.options.http?.(incoming) as HttpResponse | Promise<HttpResponse>,
        (response) => this.send(response),
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

  receive(bytes: Uint8Array): void {
    if (this.rest !== undefined) this.keep(this.rest, bytes);
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
  protected decide<T>(
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
    this.asks();
    promise.then(
      (settled) => {
        this.settled();
        this.proceed(settled, proceed, kept.bytes.subarray(0, kept.length));
      },
      (error) => {
        this.settled();
        this.refuseError(error);
      },
    );
  }

  private proceed<T>(
    decision: T,
    proceed: (decision: T, rest: Uint8Array) => void,
    rest: Uint8Array,
  ) {
    if (this.finished) return;
    if (this.isGone) return this.destroy();
    try {
      proceed(decision, rest);
    } catch (error) {
      this.refuseError(error);
    }
  }

  /** Returns why the handshake is refused without asking `accept`; undefined if it is not. */
  private admit(route: Route<Data>, request: IncomingRequest): HandshakeError | undefined {
    const { originFault, createAdmission } = route;
    const fault = originFault?.(request);
    if (fault !== undefined) return fault;
    this.admission = createAdmission?.();
    return this.admission?.admit(request);
  }

  private upgrade(
    { socket: settings, options }: Route<Data>,
    request: IncomingRequest,
    decision: Data | Refusal | HandshakeError,
    rest: Uint8Array,
  ): void {
    if (decision instanceof HandshakeError) return this.refuseFault(decision);
    if (decision instanceof Refusal) {
      const { status, reason, headers } = decision;
      this.reportRefused(new HandshakeError("WS_ERR_REFUSED", status, reason || "accept refused"));
      const body = reason === "" ? "" : `${reason}\n`;
      return this.send({ status, headers, body });
    }
    const fault = this.admission?.connectionsFault();
    if (fault !== undefined) return this.refuseFault(fault);
    const data = decision as Data;
    const headers = options.responseHeaders?.(request, data);
    const subprotocol = chooseSubprotocol(request, options.subprotocols ?? []);
    const { compression } = settings;
    const accepted = compression?.accept(offeredExtensions(request));
    const chosen = accepted === undefined ? [] : [accepted.response];
    let answer: Uint8Array;
    try {
      answer = this.openingResponse(request, subprotocol, headers, chosen);
    } catch (error) {
      accepted?.deflate.close();
      throw error;
    }
    const extensions = formatExtensionList(chosen);
    const negotiated = { subprotocol, extensions, deflate: accepted?.deflate };
    this.finish();
    this.settings.accepted++;
    const report = acceptanceReport(this.settings, this);
    const socket = openSocket(settings, this.transport, negotiated, data, answer, rest, report);
    this.admission?.opened(socket as Socket<unknown>);
    this.opened(socket);
  }

  protected refuseFault(fault: HandshakeError): void {
    this.reportRefused(fault);
    this.send(faultResponse(fault));
  }

  private reportRefused(fault: HandshakeError): void {
    this.request?.abort();
    this.settings.diagnostics.limitedBy(fault, this);
    if (!this.isPlainHttp) reportRefusedHandshake(this.settings, this, fault);
  }

  /** Reports an error of user code and responds with 500. The client does not see the error. */
  private refuseError(error: unknown): void {
    if (this.finished) return;
    reportError(this.settings.options, this.settings.diagnostics, error, undefined);
    const message = "accept or responseHeaders failed";
    this.reportRefused(new HandshakeError("WS_ERR_HANDLER_FAILED", 500, message, { cause: error }));
    this.send({ status: 500, body: "internal server error\n" });
  }

  /** Whether nothing can be sent any more, though the transport has not reported its end yet. */
  protected get isGone(): boolean {
    return false;
  }

  /** Ends the handshake with an HTTP response. Throws if it is not valid. */
  private send(response: HttpResponse): void {
    if (this.isGone) this.transport.destroy();
    else this.respond(response);
    this.finish();
    this.admission?.release();
  }

  /**
   * Sends the response to a handshake that is refused, or to a plain HTTP request. The transport is
   * not used any more. Throws if the response is not valid.
   */
  protected respond(response: HttpResponse): void {
    const { answers } = this.settings;
    new HttpAnswer(answers, this.transport, encodeHttpResponse(response, this.method));
  }

  /** Returns the response that opens the connection, to be written before the first frame. */
  protected openingResponse(
    request: HttpRequest,
    subprotocol: string,
    headers: HeadersInit | undefined,
    extensions: readonly Extension[],
  ): Uint8Array {
    return encodeUpgradeResponse(request, subprotocol, headers, extensions, this.settings.coding);
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

  /** Called when user code has returned a promise. */
  protected asks(): void {}

  /** Called when that promise has settled, also if the handshake has ended before. */
  protected settled(): void {}

  /** Called when the socket is open. */
  protected opened(_socket: Socket<Data>): void {}

  /** Called when the handshake has ended, whether or not a socket is opened. */
  protected finish(): void {
    this.finished = true;
    this.settings.handshakes.delete(this);
  }
}
