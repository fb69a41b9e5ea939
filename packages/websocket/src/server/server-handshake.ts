import { HandshakeError } from "@framewright/codec";
import { acceptDeflateOffer } from "@framewright/codec/deflate";
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
import { MessageBuffer, noBytes, OutputQueue } from "@framewright/codec/internal";
import { count } from "../socket/counters.ts";
import { asPromise, callHandler, reportError } from "../socket/handlers.ts";
import { openSocket } from "../socket/open-socket.ts";
import type { SocketSettings } from "../socket/socket-options.ts";
import type { Deadlines } from "../timing/deadlines.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { writeOut } from "../transport/write-out.ts";
import { type Admission, admissionFault, connectionsFault } from "./admission.ts";
import { IncomingRequest } from "./incoming-request.ts";
import { Refusal } from "./refusal.ts";
import type { ServeOptions } from "./serve-options.ts";

/** Length in bytes of the pieces in which responses are written. Each piece written is progress. */
const answerPieceLength = 65_536;
/** Maximum number of bytes that a client may send before the opening handshake is answered. */
const maxKeptLength = 65_536;

/** State that all handshakes of one server share. */
export interface ServerHandshakeSettings<Data> {
  readonly options: ServeOptions<Data>;
  readonly socket: SocketSettings<Data>;
  readonly coding: HttpCoding | undefined;
  readonly admission: Admission;
  /** Number of opening handshakes that were accepted. */
  accepted: number;
  /** Numbers of failed opening handshakes by code. */
  readonly refused: Map<string, number>;
  /** Handshakes that have no response yet. They expire after the handshake timeout. */
  readonly handshakes: Deadlines<ServerHandshake<Data>>;
  /** Handshakes whose HTTP response is being written. They expire after the close timeout. */
  readonly answers: Deadlines<ServerHandshake<Data>>;
}

/**
 * The server's side of a connection until it becomes a WebSocket or has received an HTTP response
 * (RFC 6455 section 4.2). The request and `accept` together may take the handshake timeout. Each
 * piece of a response may take the close timeout.
 */
export class ServerHandshake<Data> implements TransportListener {
  /** Written by `Deadlines` only. */
  deadlineIndex = -1;
  private readonly settings: ServerHandshakeSettings<Data>;
  private readonly transport: Transport;
  private readonly reader: UpgradeRequestReader;
  /** The rest of the response that the transport has not accepted yet. */
  private output: OutputQueue | undefined = undefined;
  private method = "";
  private request: IncomingRequest | undefined = undefined;
  /** Bytes received after the request. Set while a promise of user code is pending. */
  private rest: MessageBuffer | undefined = undefined;
  private hasReceived = false;
  /** Whether `http` answers the request. It is no opening handshake then. */
  private isPlainHttp = false;
  private answered = false;
  private finished = false;

  constructor(settings: ServerHandshakeSettings<Data>, transport: Transport) {
    this.settings = settings;
    this.transport = transport;
    this.reader = new UpgradeRequestReader(settings.coding);
    transport.listener = this;
    const { handshakes, answers, admission } = settings;
    if (handshakes.size < admission.maxPendingHandshakes) {
      handshakes.add(this);
    } else if (answers.size < admission.maxPendingHandshakes) {
      const message = "too many opening handshakes";
      this.refuseFault(new HandshakeError("WS_ERR_TOO_MANY_HANDSHAKES", 503, message));
    } else {
      this.destroy();
    }
  }

  receive(bytes: Uint8Array): void {
    // Bytes after the response are read and dropped. If they stayed unread, the operating system
    // would reset the connection, and the client could lose the response.
    if (this.answered) return;
    this.hasReceived = true;
    if (this.rest !== undefined) return this.keep(this.rest, bytes);
    const after = this.reader.push(bytes);
    if (after < 0) return;
    const { request, error } = this.reader;
    if (request === undefined) return this.refuseFault(error as HandshakeError);
    this.method = request.method;
    const { remoteAddress, peerCertificate } = this.transport;
    const incoming = new IncomingRequest(request, remoteAddress, peerCertificate);
    this.request = incoming;
    const { options } = this.settings;
    // Most clients wait for the response, so avoid the view when nothing follows. On Bun, creating
    // the first view makes JavaScriptCore materialise the `ArrayBuffer`.
    const rest = after === bytes.length ? noBytes : bytes.subarray(after);
    if (options.http !== undefined && !isUpgradeRequest(request)) {
      this.isPlainHttp = true;
      this.decide(
        () => options.http?.(incoming) as HttpResponse | Promise<HttpResponse>,
        (response) => this.answer(response),
        rest,
      );
      return;
    }
    if (error !== undefined) return this.refuseFault(error);
    const { admission, socket } = this.settings;
    this.decide(
      () =>
        admissionFault(admission, incoming, socket.group.open.size) ??
        (options.accept?.(incoming) as Data | Refusal | Promise<Data | Refusal>),
      (decision, rest) => this.upgrade(incoming, decision, rest),
      rest,
    );
  }

  drained(): void {
    this.flush();
  }

  /** Keeps bytes that arrive before user code has decided. */
  private keep(rest: MessageBuffer, bytes: Uint8Array): void {
    const left = maxKeptLength - rest.length - bytes.length;
    if (left < 0) return this.destroy();
    rest.append(bytes, 0, bytes.length, left);
  }

  ended(): void {
    // A client that ends its direction before the response is gone. After the response, both
    // directions have ended.
    if (!this.answered) this.destroy();
    else if (this.output === undefined) this.finish();
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
    if (this.finished || this.answered) return;
    try {
      proceed(decision, rest);
    } catch (error) {
      this.refuseError(error);
    }
  }

  private upgrade(
    request: IncomingRequest,
    decision: Data | Refusal | HandshakeError,
    rest: Uint8Array,
  ): void {
    if (decision instanceof HandshakeError) return this.refuseFault(decision);
    if (decision instanceof Refusal) {
      const { status, reason, headers } = decision;
      this.reportRefused(new HandshakeError("WS_ERR_REFUSED", status, reason));
      return this.answer({ status, headers, body: reason === "" ? "" : `${reason}\n` });
    }
    const { socket, options, coding, admission } = this.settings;
    // Others may have opened while `accept` decided.
    const fault = connectionsFault(admission, socket.group.open.size);
    if (fault !== undefined) return this.refuseFault(fault);
    const subprotocol = chooseSubprotocol(request, options.subprotocols ?? []);
    const accepted = this.acceptCompression(request);
    const chosen = accepted === undefined ? [] : [accepted.response];
    const answer = encodeUpgradeResponse(request, subprotocol, {}, chosen, coding);
    const extensions = formatExtensionList(chosen);
    this.finish();
    this.settings.accepted++;
    const negotiated = { subprotocol, extensions, deflate: accepted?.deflate };
    openSocket(socket, this.transport, negotiated, decision, answer, rest);
  }

  private acceptCompression(request: IncomingRequest) {
    const { compression } = this.settings.socket;
    if (compression === undefined) return undefined;
    return acceptDeflateOffer(offeredExtensions(request), compression);
  }

  private refuseFault(fault: HandshakeError): void {
    this.reportRefused(fault);
    this.send(encodeHandshakeFault(fault, this.method));
  }

  private reportRefused(fault: HandshakeError): void {
    this.request?.abort();
    if (this.isPlainHttp) return;
    const { options, refused } = this.settings;
    count(refused, fault.code);
    if (options.refused === undefined) return;
    callHandler(
      () => options.refused?.(this.request, fault),
      (error) => reportError(options, error, undefined),
    );
  }

  /** Reports an error of user code and responds with 500. The client does not see the error. */
  private refuseError(error: unknown): void {
    if (this.finished || this.answered) return;
    reportError(this.settings.options, error, undefined);
    const message = "accept failed";
    this.reportRefused(new HandshakeError("WS_ERR_HANDLER_FAILED", 500, message, { cause: error }));
    this.answer({ status: 500, body: "internal server error\n" });
  }

  private answer(response: HttpResponse): void {
    this.send(encodeHttpResponse(response, this.method));
  }

  private send(answer: Uint8Array): void {
    this.answered = true;
    this.settings.handshakes.delete(this);
    this.settings.answers.add(this);
    this.output = new OutputQueue();
    for (let at = 0; at < answer.length; at += answerPieceLength) {
      this.output.appendReference(answer.subarray(at, at + answerPieceLength));
    }
    this.transport.resume();
    this.flush();
  }

  private flush(): void {
    const { output, transport } = this;
    if (output === undefined || this.finished) return;
    const before = output.length;
    const isOut = writeOut(output, transport);
    // A long response may take any time, provided that the client keeps reading.
    if (output.length < before) this.settings.answers.restart(this);
    if (!isOut) return;
    this.output = undefined;
    transport.shutdown();
  }

  /** The connection is gone. */
  private lose(): void {
    if (this.finished) return;
    this.finish();
    // Port scans and health checks that send nothing are not reported.
    if (this.answered || !this.hasReceived) return;
    const message = "the connection ended before the opening handshake was done";
    this.reportRefused(new HandshakeError("WS_ERR_HANDSHAKE_INCOMPLETE", 0, message));
  }

  private finish(): void {
    this.finished = true;
    const { handshakes, answers } = this.settings;
    (this.answered ? answers : handshakes).delete(this);
  }
}
