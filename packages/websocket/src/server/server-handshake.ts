import { HandshakeError } from "@framewright/codec";
import { acceptDeflateOffer } from "@framewright/codec/deflate";
import {
  checkUpgradeRequest,
  chooseSubprotocol,
  encodeHandshakeFault,
  encodeHttpResponse,
  encodeUpgradeResponse,
  formatExtensionList,
  type HttpCoding,
  HttpHeadReader,
  type HttpResponse,
  isUpgradeRequest,
  parseExtensionList,
  parseRequest,
} from "@framewright/codec/handshake";
import { joinBytes, noBytes, OutputQueue } from "@framewright/codec/internal";
import type { ServeOptions } from "../options/options.ts";
import { asPromise, reportError } from "../socket/handlers.ts";
import type { SocketSettings } from "../socket/session.ts";
import { openSocket } from "../socket/socket.ts";
import type { Deadlines } from "../timing/deadlines.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { writeOut } from "../transport/write-out.ts";
import { IncomingRequest } from "./incoming-request.ts";
import { Refusal } from "./refusal.ts";

/** Answers are written in pieces, so that a client that reads slowly is seen to go on reading. */
const answerPieceLength = 65_536;

/** What all handshakes of one server share. */
export interface ServerHandshakeSettings<Data> {
  readonly options: ServeOptions<Data>;
  readonly socket: SocketSettings<Data>;
  readonly coding: HttpCoding | undefined;
  /** Connections that are not a WebSocket yet. */
  readonly handshakes: Deadlines<ServerHandshake<Data>>;
  /** Connections that will not become one. */
  readonly answers: Deadlines<ServerHandshake<Data>>;
}

/**
 * The server's side of one connection until it becomes a WebSocket or has got its HTTP answer
 * (RFC 6455 section 4.2). At most the handshake timeout for the request and `accept`, and the close
 * timeout for each piece of the answer.
 */
export class ServerHandshake<Data> implements TransportListener {
  /** For `Deadlines`. */
  deadlineIndex = -1;
  private readonly settings: ServerHandshakeSettings<Data>;
  private readonly transport: Transport;
  private readonly reader: HttpHeadReader;
  /** The answer, while the transport has not taken all of it. */
  private output: OutputQueue | undefined = undefined;
  private method = "";
  /** Set while user code decides: what came after the request. */
  private rest: Uint8Array | undefined = undefined;
  private answered = false;
  private over = false;

  constructor(settings: ServerHandshakeSettings<Data>, transport: Transport) {
    this.settings = settings;
    this.transport = transport;
    this.reader = new HttpHeadReader(settings.coding);
    settings.handshakes.add(this);
    transport.listener = this;
  }

  receive(bytes: Uint8Array): void {
    // What comes after the answer is read and dropped: unread bytes would make the operating system
    // reset the connection, and the answer with it.
    if (this.answered) return;
    if (this.rest !== undefined) {
      // Already on its way when the transport was paused.
      this.rest = joinBytes(this.rest, bytes);
      return;
    }
    const after = this.reader.push(bytes);
    if (after < 0) return;
    const { error, head } = this.reader;
    const request = error ?? (head === undefined ? undefined : parseRequest(head));
    if (request === undefined) return;
    if (request instanceof HandshakeError) return this.refuseFault(request);
    this.method = request.method;
    const incoming = new IncomingRequest(request, this.transport.remoteAddress);
    const { options } = this.settings;
    // Most clients wait for the answer, and on Bun the first view of an array takes it apart.
    const rest = after === bytes.length ? noBytes : bytes.subarray(after);
    if (options.http !== undefined && !isUpgradeRequest(request)) {
      this.decide(
        () => options.http?.(incoming) as HttpResponse | Promise<HttpResponse>,
        (response) => this.answer(response),
        rest,
      );
      return;
    }
    const fault = checkUpgradeRequest(request);
    if (fault !== undefined) return this.refuseFault(fault);
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
    // Before the answer there is nobody left to answer; after it, both sides are done.
    if (!this.answered) this.destroy();
    else if (this.output === undefined) this.finish();
  }

  failed(): void {
    this.finish();
  }

  /** Gives up the connection. */
  destroy(): void {
    this.transport.destroy();
    this.finish();
  }

  /** It took too long. */
  expire(): void {
    const message = "the opening handshake took too long";
    this.refuseFault(new HandshakeError("WS_ERR_HANDSHAKE_TIMEOUT", 408, message));
  }

  /** Asks user code, which may take its time; meanwhile the client is paused. */
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
    if (this.over || this.answered) return;
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
    // Its form was checked with the request's.
    const offers = parseExtensionList(request.headers.getAll("sec-websocket-extensions")) ?? [];
    return acceptDeflateOffer(offers, compression);
  }

  private refuseFault(fault: HandshakeError): void {
    this.send(encodeHandshakeFault(fault, this.method));
  }

  /** User code failed: its error is for the server's log, not for the client. */
  private refuseError(error: unknown): void {
    if (this.over || this.answered) return;
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
    if (output === undefined || this.over) return;
    const before = output.length;
    const isOut = writeOut(output, transport);
    // A long answer takes as long as the client needs for it, as long as it goes on reading.
    if (output.length < before) this.settings.answers.restart(this);
    if (!isOut) return;
    this.output = undefined;
    transport.shutdown();
  }

  private finish(): void {
    this.over = true;
    const { handshakes, answers } = this.settings;
    (this.answered ? answers : handshakes).delete(this);
  }
}
