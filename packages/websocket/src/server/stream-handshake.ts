import { HandshakeError } from "@framewright/codec";
import {
  checkConnectRequest,
  connectResponse,
  type Extension,
  type HeadersInit,
  type HttpRequest,
  type HttpResponse,
  parseConnectRequest,
} from "@framewright/codec/handshake";
import { noBytes, utf8Length, writeUtf8 } from "@framewright/codec/internal";
import { type Http2Stream, http2StreamTransport } from "../transport/http2-stream-transport.ts";
import { raiseWindow, type WindowedSession } from "../transport/http2-window.ts";
import type { Transport } from "../transport/transport.ts";
import { HandshakeDecision } from "./handshake-decision.ts";
import type { ServerHandshakeSettings } from "./handshake-settings.ts";
import { HttpAnswer } from "./http-answer.ts";
import type { StreamPlace, StreamPlaces } from "./stream-places.ts";

/** RFC 9113 section 7. */
const noError = 0;

/** The used part of `ServerHttp2Stream` of `node:http2`. */
export interface ConnectStream extends Http2Stream {
  readonly session?:
    | (WindowedSession & {
        ping?(callback: () => void): unknown;
        readonly encrypted?: boolean | undefined;
        readonly socket?: { readonly remoteAddress?: string | undefined } | undefined;
      })
    | undefined;
  readonly destroyed?: boolean;
  readonly closed?: boolean;
  respond(headers: Record<string, string | string[]>): void;
  once(event: "finish", listener: () => void): unknown;
}

/** The server's side of an HTTP/2 stream until it becomes a WebSocket or is refused (RFC 8441). */
export class StreamHandshake<Data> extends HandshakeDecision<Data> {
  private readonly stream: ConnectStream;
  private readonly places: StreamPlaces;
  private readonly place: StreamPlace;

  /** @param stream - Owned from now on. Its errors are handled from now on. */
  constructor(settings: ServerHandshakeSettings<Data>, stream: ConnectStream) {
    super(settings, http2StreamTransport(stream, stream.session?.socket?.remoteAddress));
    this.stream = stream;
    this.places = settings.streamPlaces as StreamPlaces;
    this.place = this.places.take(stream.session ?? stream);
    stream.on("close", () => this.place.leave());
  }

  /** @param request - See `readConnect`. */
  start(request: HttpRequest | HandshakeError): void {
    if (!this.isGone && !this.begin()) return;
    this.hasReceived = true;
    if (this.isGone) return this.destroy();
    if (request instanceof HandshakeError) return this.refuseFault(request);
    const isSecure = this.stream.session?.encrypted === true;
    const details = { isSecure, raw: this.stream };
    this.decideOn(request, checkConnectRequest(request), details, noBytes);
  }

  /** A stream that a client or the runtime has reset throws when it is answered. */
  protected override get isGone(): boolean {
    const { destroyed, closed } = this.stream;
    return destroyed === true || closed === true;
  }

  /** As many as may be pending are answered beyond that; further ones are reset. */
  protected override begin(): boolean {
    const { max } = this.places;
    if (this.place.index < max) return super.begin();
    if (this.place.index < 2 * max) {
      const message = "too many opening handshakes on this connection";
      this.refuseFault(new HandshakeError("WS_ERR_TOO_MANY_HANDSHAKES", 503, message));
    } else {
      this.settings.diagnostics.limited("maxPendingHandshakes", "terminated", this);
      this.destroy();
    }
    return false;
  }

  protected override asks(): void {
    this.place.asks();
  }

  protected override settled(): void {
    this.place.settled();
  }

  protected override opened(): void {
    this.place.leave();
  }

  protected override respond(response: HttpResponse): void {
    respond(this.settings, this.stream, this.transport, response);
  }

  protected override openingResponse(
    request: HttpRequest,
    subprotocol: string,
    headers: HeadersInit | undefined,
    extensions: readonly Extension[],
  ): Uint8Array {
    const { coding, http2Window } = this.settings;
    raiseWindow(this.stream.session, http2Window);
    this.stream.respond(connectResponse(request, subprotocol, headers, extensions, coding));
    return noBytes;
  }
}

/** Returns the opening handshake of an extended CONNECT, or why it is none. */
export function readConnect(rawHeaders: readonly string[]): HttpRequest | HandshakeError {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index], rawHeaders[index + 1]]);
  }
  return parseConnectRequest(pairs);
}

/** Sends an HTTP response on a stream. Throws if it is not valid. */
function respond<Data>(
  { answers }: ServerHandshakeSettings<Data>,
  stream: ConnectStream,
  transport: Transport,
  { status, headers = {}, body = "" }: HttpResponse,
): void {
  const block: Record<string, string | string[]> = { ":status": String(status) };
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [name, value] of pairs as Iterable<[string, string | readonly string[]]>) {
    const key = name.toLowerCase();
    const values = [block[key] ?? [], value].flat() as string[];
    block[key] = values.length === 1 ? values[0] : values;
  }
  const bytes = typeof body === "string" ? encodeUtf8(body) : body;
  if (bytes.length > 0 && typeof body === "string") {
    block["content-type"] ??= "text/plain; charset=utf-8";
  }
  stream.respond(block);
  // The client, which expects to send frames, need not end its direction (RFC 9113 section 8.1).
  stream.once("finish", () => stream.close(noError));
  new HttpAnswer(answers, transport, bytes);
}

function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  writeUtf8(text, bytes, 0);
  return bytes;
}
