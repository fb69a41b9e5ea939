import { HandshakeError } from "@framewright/codec";
import type { DeflateOffer } from "@framewright/codec/deflate";
import {
  checkConnectResponse,
  connectRequest,
  formatExtensionList,
  maxBodyLength,
  type UpgradeResult,
} from "@framewright/codec/handshake";
import { MessageBuffer, noBytes } from "@framewright/codec/internal";
import { type AbortSignal, globals, type Timer } from "../runtime/globals.ts";
import { openSocket } from "../socket/open-socket.ts";
import type { Socket } from "../socket/socket-types.ts";
import { cancel, http2StreamTransport } from "../transport/http2-stream-transport.ts";
import { type Attempt, needsNoBody, timeFor } from "./attempt.ts";
import { abortedError, locate, timedOut } from "./handshake-fault.ts";
import { HandshakeReport } from "./handshake-report.ts";
import { announcesConnect, type ClientStream, type Http2Session } from "./http2-sessions.ts";

/** How long the client waits for the body of a refusal, in milliseconds. */
const bodyTimeout = 1_000;

/**
 * Performs a client's opening handshake on a new stream of an HTTP/2 connection (RFC 8441 section
 * 5).
 *
 * @param ended - Called once, when the handshake has failed or the socket is closed.
 * @throws HandshakeError if it fails; the reason of the caller's signal if that is aborted.
 */
export function connectOnSession<Data>(
  session: Http2Session,
  attempt: Attempt<Data>,
  ended: () => void,
): Promise<Socket<Data>> {
  return new Promise((resolve, reject) => {
    let stream: ClientStream;
    try {
      stream = session.request(connectRequest(attempt.request)) as ClientStream;
    } catch (cause) {
      ended();
      return reject(connectFailed(cause));
    }
    const opened = (socket: Socket<Data>) => {
      void socket.closed.then(ended);
      resolve(socket);
    };
    // A stream that waits for its turn is not closed before it has had it, which may be never.
    const failed = (reason: unknown) => {
      ended();
      reject(reason);
    };
    new StreamHandshake(session, stream, attempt, opened, failed).start();
  });
}

class StreamHandshake<Data> {
  private readonly session: Http2Session;
  private readonly stream: ClientStream;
  private readonly attempt: Attempt<Data>;
  private readonly report: HandshakeReport<Data>;
  private readonly resolve: (socket: Socket<Data>) => void;
  private readonly reject: (reason: unknown) => void;
  private timer: Timer | undefined = undefined;
  private onAbort: (() => void) | undefined = undefined;
  /** Creates the error of a refusal whose body is being read. */
  private refusal: (() => HandshakeError) | undefined = undefined;
  private isOver = false;

  constructor(
    session: Http2Session,
    stream: ClientStream,
    attempt: Attempt<Data>,
    resolve: (socket: Socket<Data>) => void,
    reject: (reason: unknown) => void,
  ) {
    this.session = session;
    this.stream = stream;
    this.attempt = attempt;
    this.report = new HandshakeReport(attempt);
    this.resolve = resolve;
    this.reject = reject;
  }

  start(): void {
    const { signal } = this.attempt;
    this.startTimer(timeFor(this.attempt, "response"), () => timedOut("response"));
    this.stream.on("error", (cause) => this.lose(cause));
    this.stream.on("close", () => this.lose(undefined));
    this.stream.on("response", (headers) => this.receive(headers));
    if (signal === undefined) return;
    // It may be aborted since the session was asked.
    if (signal.aborted) return this.stop(signal);
    this.onAbort = () => this.stop(signal);
    signal.addEventListener("abort", this.onAbort);
  }

  private startTimer(milliseconds: number, error: () => HandshakeError): void {
    globals.clearTimeout(this.timer);
    this.timer = globals.setTimeout(() => this.fail(error()), milliseconds, undefined);
  }

  private receive(headers: Readonly<Record<string, unknown>>): void {
    if (this.isOver) return;
    const result = checkConnectResponse(headerPairs(headers), this.attempt.request);
    if (!(result instanceof HandshakeError)) return this.open(result);
    if (result.headers === undefined || needsNoBody(this.attempt, result)) return this.fail(result);
    this.refusal = readBody(this.stream, result, (error) => this.fail(error));
    // The body never extends the total of the handshake timeout.
    this.startTimer(Math.min(bodyTimeout, timeFor(this.attempt, "response")), this.refusal);
  }

  /** A refusal explains more than the loss of its body. */
  private lose(cause: unknown): void {
    this.fail(this.refusal?.() ?? incomplete(cause));
  }

  private open({ subprotocol, extensions, headers }: UpgradeResult): void {
    const { settings, offer, data } = this.attempt;
    // permessage-deflate is the only extension that the client offers, so it is the only one here.
    const deflate = extensions.length > 0 ? offer?.accept(extensions[0]) : undefined;
    if (deflate === undefined && extensions.length > 0) {
      const { refusal } = offer as DeflateOffer;
      return this.fail(new HandshakeError("WS_ERR_INVALID_EXTENSION", 200, refusal));
    }
    this.finish();
    const negotiated = { subprotocol, extensions: formatExtensionList(extensions), deflate };
    const transport = http2StreamTransport(this.stream, this.session.socket?.remoteAddress);
    const report = this.report.opened(transport, headers);
    this.resolve(openSocket(settings, transport, negotiated, data, noBytes, noBytes, report));
  }

  private fail(error: HandshakeError): void {
    if (this.isOver) return;
    this.end(error);
    this.reject(error);
  }

  /** The caller's signal was aborted. */
  private stop(signal: AbortSignal): void {
    if (this.isOver) return;
    this.end(abortedError(this.attempt.request.url, signal));
    this.reject(signal.reason);
  }

  private end(fault: HandshakeError): void {
    this.finish();
    this.stream.close(cancel);
    locate(fault, "response", this.attempt.request.url);
    this.report.failed(fault, undefined);
  }

  private finish(): void {
    this.isOver = true;
    globals.clearTimeout(this.timer);
    if (this.onAbort !== undefined) this.attempt.signal?.removeEventListener("abort", this.onAbort);
  }
}

/** The questions to servers that have no answer yet. A session has at most ten unanswered Pings. */
const asked = new WeakMap<Http2Session, Promise<boolean>>();

/** Resolves to whether a session can take the handshake. Never rejects. */
export async function isSessionUsable(session: Http2Session): Promise<boolean> {
  if (session.closed || session.destroyed) return false;
  if (announcesConnect(session)) return true;
  const known = asked.get(session);
  if (known !== undefined) return known;
  const answer = askServer(session).finally(() => asked.delete(session));
  asked.set(session, answer);
  return answer;
}

/** The server's settings are its first frame, so they are here before its answer to a Ping. */
function askServer(session: Http2Session): Promise<boolean> {
  return new Promise((resolve) => {
    const ask = () => {
      try {
        session.ping((error) => resolve(error === null && announcesConnect(session)));
      } catch {
        resolve(false);
      }
    };
    session.on("close", () => resolve(false));
    // A Ping of a session that is not connected yet is cancelled.
    if (session.connecting) session.on("connect", ask);
    else ask();
  });
}

/** Reads the body of a refusal. Returns a function that creates the error with what was received. */
function readBody(
  stream: ClientStream,
  { code, status, message, headers }: HandshakeError,
  fail: (error: HandshakeError) => void,
): () => HandshakeError {
  const body = new MessageBuffer();
  const refusal = () => new HandshakeError(code, status, message, { headers, body: body.take() });
  stream.on("data", (bytes) => {
    const left = maxBodyLength - body.length;
    body.append(bytes, 0, Math.min(bytes.length, left), left);
    if (body.length === maxBodyLength) fail(refusal());
  });
  stream.on("end", () => fail(refusal()));
  return refusal;
}

function headerPairs(headers: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  );
}

function incomplete(cause: unknown): HandshakeError {
  const message = "the stream ended before the opening handshake was done";
  return new HandshakeError("WS_ERR_HANDSHAKE_INCOMPLETE", 0, message, { cause });
}

function connectFailed(cause: unknown): HandshakeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot open a stream: ${reason}`;
  return new HandshakeError("WS_ERR_CONNECT_FAILED", 0, message, { cause });
}
