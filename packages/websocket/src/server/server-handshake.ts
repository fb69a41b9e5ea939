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
import { joinBytes, noBytes, OutputQueue } from "@framewright/codec/internal";
import { asPromise, reportError } from "../socket/handlers.ts";
import { openSocket } from "../socket/open-socket.ts";
import type { SocketSettings } from "../socket/socket-options.ts";
import type { Deadlines } from "../timing/deadlines.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { writeOut } from "../transport/write-out.ts";
import { IncomingRequest } from "./incoming-request.ts";
import { Refusal } from "./refusal.ts";
import type { ServeOptions } from "./serve-options.ts";

/** Length in bytes of the pieces in which responses are written. Each piece written is progress. */
const answerPieceLength = 65_536;

/** State that all handshakes of one server share. */
export interface ServerHandshakeSettings<Data> {
  readonly options: ServeOptions<Data>;
  readonly socket: SocketSettings<Data>;
  readonly coding: HttpCoding | undefined;
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
  /** Bytes received after the request. Set while a promise of user code is pending. */
  private rest: Uint8Array | undefined = undefined;
  private answered = false;
  private finished = false;

  constructor(settings: ServerHandshakeSettings<Data>, transport: Transport) {
    this.settings = settings;
    this.transport = transport;
    this.reader = new UpgradeRequestReader(settings.coding);
    settings.handshakes.add(this);
    transport.listener = this;
  }

  receive(bytes: Uint8Array): void {
    // Bytes after the response are read and dropped. If they stayed unread, the operating system
    // would reset the connection, and the client could lose the response.
    if (this.answered) return;
    if (this.rest !== undefined) {
      // The transport was paused, but these bytes were already being delivered.
      this.rest = joinBytes(this.rest, bytes);
      return;
    }
    const after = this.reader.push(bytes);
    if (after < 0) return;
    const { request, error } = this.reader;
    if (request === undefined) return this.refuseFault(error as HandshakeError);
    this.method = request.method;
    const incoming = new IncomingRequest(request, this.transport.remoteAddress);
    const { options } = this.settings;
    // Most clients wait for the response, so avoid the view when nothing follows. On Bun, creating
    // the first view makes JavaScriptCore materialise the `ArrayBuffer`.
    const rest = after === bytes.length ? noBytes : bytes.subarray(after);
    if (options.http !== undefined && !isUpgradeRequest(request)) {
      this.decide(
        () => options.http?.(incoming) as HttpResponse | Promise<HttpResponse>,
        (response) => this.answer(response),
        rest,
      );
      return;
    }
    if (error !== undefined) return this.refuseFault(error);
    this.decide(
      () => options.accept?.(incoming) as Data | Refusal | Promise<Data | Refusal>,
      (decision, rest) => this.upgrade(incoming, decision, rest),
      rest,
    );
  }

  drained(): void {
    this.flush();
  }

  ended(): void {
    // A client that ends its direction before the response is gone. After the response, both
    // directions have ended.
    if (!this.answered) this.destroy();
    else if (this.output === undefined) this.finish();
  }

  failed(): void {
    this.finish();
  }

  /** Closes the connection without a response. */
  destroy(): void {
    this.transport.destroy();
    this.finish();
  }

  /** Called when the handshake timeout has passed. */
  expire(): void {
    const message = "the opening handshake took too long";
    this.refuseFault(new HandshakeError("WS_ERR_HANDSHAKE_TIMEOUT", 408, message));
  }

  /**
   * Calls user code and passes its result to `proceed`. If the result is a promise, the transport
   * is paused until it settles.
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
    this.transport.pause();
    this.rest = rest.slice();
    promise.then(
      (settled) => this.proceed(settled, proceed, this.rest as Uint8Array),
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

  private upgrade(request: IncomingRequest, decision: Data | Refusal, rest: Uint8Array): void {
    if (decision instanceof Refusal) {
      const { status, reason, headers } = decision;
      return this.answer({ status, headers, body: reason === "" ? "" : `${reason}\n` });
    }
    const { socket, options, coding } = this.settings;
    const subprotocol = chooseSubprotocol(request, options.subprotocols ?? []);
    const accepted = this.acceptCompression(request);
    const chosen = accepted === undefined ? [] : [accepted.response];
    const answer = encodeUpgradeResponse(request, subprotocol, {}, chosen, coding);
    const extensions = formatExtensionList(chosen);
    this.finish();
    const negotiated = { subprotocol, extensions, deflate: accepted?.deflate };
    openSocket(socket, this.transport, negotiated, decision, answer, rest);
  }

  private acceptCompression(request: IncomingRequest) {
    const { compression } = this.settings.socket;
    if (compression === undefined) return undefined;
    return acceptDeflateOffer(offeredExtensions(request), compression);
  }

  private refuseFault(fault: HandshakeError): void {
    this.send(encodeHandshakeFault(fault, this.method));
  }

  /** Reports an error of user code and responds with 500. The client does not see the error. */
  private refuseError(error: unknown): void {
    if (this.finished || this.answered) return;
    reportError(this.settings.options, error, undefined);
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

  private finish(): void {
    this.finished = true;
    const { handshakes, answers } = this.settings;
    (this.answered ? answers : handshakes).delete(this);
  }
}
