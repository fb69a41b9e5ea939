import { HandshakeError, type HandshakeStep } from "@framewright/codec";
import type { DeflateOffer } from "@framewright/codec/deflate";
import { formatExtensionList, UpgradeResponseReader } from "@framewright/codec/handshake";
import { noBytes, OutputQueue } from "@framewright/codec/internal";
import { type AbortSignal, globals, type Timer } from "../runtime/globals.ts";
import { openSocket } from "../socket/open-socket.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { writeOut } from "../transport/write-out.ts";
import { type Attempt, needsNoBody, timeFor } from "./attempt.ts";
import { ConnectAttempt } from "./connect-queue.ts";
import { abortedError, addressOf, connectError, locate, timedOut } from "./handshake-fault.ts";
import { HandshakeReport } from "./handshake-report.ts";
import type { OpeningProgress, OpenTransport } from "./open-transport.ts";

/**
 * How long the client waits for the body of a refusal, in milliseconds. Some servers send neither
 * its length nor an end.
 */
const bodyTimeout = 1_000;

/**
 * The client's side of a connection until it becomes a WebSocket or has failed, over HTTP/1.1. The
 * caller's signal is listened to until then.
 */
export class ClientHandshake<Data> implements TransportListener, OpeningProgress {
  private readonly attempt: Attempt<Data>;
  private readonly report: HandshakeReport<Data>;
  private readonly reader: UpgradeResponseReader;
  private readonly resolve: (socket: Socket<Data>) => void;
  private readonly reject: (reason: unknown) => void;
  private readonly abort = new globals.AbortController();

  private readonly output = new OutputQueue();
  private transport: Transport | undefined = undefined;
  private queued: ConnectAttempt | undefined = undefined;
  private step: HandshakeStep = "queue";
  private timer: Timer | undefined = undefined;
  private onAbort: (() => void) | undefined = undefined;
  private hasBodyTimer = false;
  private finished = false;

  /** @param reject - Called with a HandshakeError, or with the reason of the caller's signal. */
  constructor(
    attempt: Attempt<Data>,
    resolve: (socket: Socket<Data>) => void,
    reject: (reason: unknown) => void,
  ) {
    this.attempt = attempt;
    this.report = new HandshakeReport(attempt);
    this.reader = new UpgradeResponseReader(attempt.request);
    this.resolve = resolve;
    this.reject = reject;
  }

  /**
   * Starts to connect, after earlier connections to the same host if need be.
   *
   * @param maxConnecting - See `ConnectAttempt`.
   */
  connect(open: OpenTransport, maxConnecting: number): void {
    const { target, addresses, signal } = this.attempt;
    if (signal !== undefined) {
      // It may be aborted since the attempt over HTTP/2 has ended.
      if (signal.aborted) return this.stop(signal);
      this.onAbort = () => this.stop(signal);
      signal.addEventListener("abort", this.onAbort);
    }
    this.startTimer(timeFor(this.attempt, "queue"));
    const start = () => {
      this.reached("connect");
      const opening =
        addresses === undefined
          ? open(target, this)
          : addresses.open(addresses.lookup, open, target, this, () =>
              timeFor(this.attempt, "connect"),
            );
      opening.catch((error) => this.fail(connectError(target.url, error)));
    };
    this.queued = new ConnectAttempt(addressOf(target.url), maxConnecting, start);
    this.queued.queue();
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  reached(step: HandshakeStep): void {
    if (this.finished) return;
    this.step = step;
    if (step === "tls" || step === "response") this.queued?.end(true);
    if (this.attempt.limits.steps !== undefined) this.startTimer(timeFor(this.attempt, step));
  }

  private startTimer(milliseconds: number): void {
    globals.clearTimeout(this.timer);
    this.timer = globals.setTimeout(timeOut, milliseconds, this as ClientHandshake<unknown>);
  }

  opened(transport: Transport): void {
    if (this.finished) return transport.destroy();
    this.reached("response");
    this.transport = transport;
    transport.listener = this;
    this.output.appendReference(this.attempt.bytes);
    this.drained();
  }

  drained(): void {
    if (this.transport !== undefined) writeOut(this.output, this.transport);
  }

  receive(bytes: Uint8Array): void {
    const after = this.reader.push(bytes);
    if (after < 0) return this.awaitMore();
    const { agreement, error } = this.reader;
    if (agreement === undefined) return this.fail(error as HandshakeError);
    const { settings, offer, data } = this.attempt;
    const { subprotocol, extensions, headers } = agreement;
    // permessage-deflate is the only extension that the client offers, so it is the only one here.
    const deflate = extensions.length > 0 ? offer?.accept(extensions[0]) : undefined;
    if (deflate === undefined && extensions.length > 0) {
      const { refusal } = offer as DeflateOffer;
      return this.fail(new HandshakeError("WS_ERR_INVALID_EXTENSION", 101, refusal));
    }
    this.finish();
    const transport = this.transport as Transport;
    const rest = bytes.subarray(after);
    const negotiated = { subprotocol, extensions: formatExtensionList(extensions), deflate };
    const report = this.report.opened(transport, headers);
    this.resolve(openSocket(settings, transport, negotiated, data, noBytes, rest, report));
  }

  /** The head of a refusal is complete, or not yet. */
  private awaitMore(): void {
    const { refusal } = this.reader;
    if (refusal === undefined) return;
    if (needsNoBody(this.attempt, refusal)) return this.fail(refusal);
    if (this.hasBodyTimer) return;
    this.hasBodyTimer = true;
    // The body never extends the total of the handshake timeout.
    this.startTimer(Math.min(bodyTimeout, timeFor(this.attempt, "response")));
  }

  ended(): void {
    this.failed();
  }

  failed(cause?: Error): void {
    const message = "the connection ended before the opening handshake was done";
    this.fail(new HandshakeError("WS_ERR_HANDSHAKE_INCOMPLETE", 0, message, { cause }));
  }

  timeOut(): void {
    this.fail(timedOut(this.step));
  }

  private fail(error: HandshakeError): void {
    if (this.finished) return;
    // If the server refused the handshake, its response explains more than the loss of its body.
    const fault = this.reader.end() ?? error;
    this.end(fault);
    this.reject(fault);
  }

  /** The caller's signal was aborted. */
  private stop(signal: AbortSignal): void {
    if (this.finished) return;
    this.end(abortedError(this.attempt.request.url, signal));
    this.reject(signal.reason);
  }

  private end(fault: HandshakeError): void {
    this.finish();
    this.queued?.end(false);
    if (this.transport === undefined) this.abort.abort();
    else this.transport.destroy();
    locate(fault, this.step, this.attempt.request.url);
    this.report.failed(fault, this.transport);
  }

  /** Releases everything that the handshake holds but its transport. */
  private finish(): void {
    const { signal, offer } = this.attempt;
    this.finished = true;
    offer?.withdraw();
    globals.clearTimeout(this.timer);
    if (this.onAbort !== undefined) signal?.removeEventListener("abort", this.onAbort);
  }
}

function timeOut(handshake: ClientHandshake<unknown>): void {
  handshake.timeOut();
}
