import type { HttpHeaders, HttpRequest } from "@framewright/codec/handshake";
import {
  type AbortController,
  globals,
  type RuntimeSignal,
  type RuntimeUrl,
} from "../runtime/globals.ts";
import type { PeerCertificate } from "../transport/peer-certificate.ts";

/** What a request's connection and route add to its head. */
export interface RequestDetails<Parameters> {
  /** Whether the request came over TLS. */
  readonly isSecure?: boolean;
  readonly peerCertificate?: PeerCertificate | undefined;
  readonly params?: Parameters;
  readonly raw?: unknown;
}

/**
 * The head of an HTTP request, as passed to `http` and `accept`. It is an interface, so that the test
 * of a handler may pass an object of its own.
 *
 * @typeParam Parameters - The type of `params`.
 */
export interface IncomingRequest<Parameters = unknown> extends HttpRequest {
  /** The request method, such as `GET`. Case-sensitive. */
  readonly method: string;
  /** The path and query as sent, not decoded, such as `/room?name=x`. */
  readonly target: string;
  /** The request's header fields. */
  readonly headers: HttpHeaders;
  /** The client's IP address, or "" if the transport has none. */
  readonly remoteAddress: string;
  /** The client's certificate, verified, if the option `tls.requestCert` asked for one. */
  readonly peerCertificate: PeerCertificate | undefined;
  /**
   * The decoded parameters of the route's pattern by name, such as `{ room: "7" }`. Without a route
   * there are none.
   */
  readonly params: Parameters;
  /**
   * The request of the HTTP server that `attach` or `handleUpgrade` took it from, such as an
   * `http.IncomingMessage`; undefined on a server of `serve`.
   */
  readonly raw: unknown;
  /**
   * Aborted when the client disconnects, or the handshake times out, before `accept` has decided.
   */
  readonly signal: RuntimeSignal;
  /**
   * The request's URL, such as `https://example.com/room?name=x`. Its host is what the client wrote
   * in the `Host` header, and "localhost" if that is no valid host. Its scheme is `http:` or
   * `https:`; behind a proxy that ends TLS it is `http:`. Dot segments of the path are resolved. A
   * new object at each access.
   */
  readonly url: RuntimeUrl;
  /** The path of `target`, without the query. Not decoded. */
  readonly path: string;
  /** The query of `target`, without the question mark, or "" if there is none. Not decoded. */
  readonly query: string;
  /**
   * The `Origin` header, or "" if there is none. Browsers always send it in an opening handshake
   * (RFC 6455 section 10.2).
   */
  readonly origin: string;
  /**
   * The cookies by name (RFC 6265 section 5.4). Values are not decoded. If a name occurs more than
   * once, its first value is used. Parsed at each access.
   */
  readonly cookies: ReadonlyMap<string, string>;
}

/** The requests that a server has received. */
export class ReceivedRequest<Parameters = unknown> implements IncomingRequest<Parameters> {
  readonly method: string;
  readonly target: string;
  readonly headers: HttpHeaders;
  readonly remoteAddress: string;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly params: Parameters;
  readonly raw: unknown;
  private readonly isSecure: boolean;
  private controller: AbortController | undefined = undefined;
  private isAborted = false;

  constructor(
    request: HttpRequest,
    remoteAddress: string,
    details: RequestDetails<Parameters> = {},
  ) {
    this.method = request.method;
    this.target = request.target;
    this.headers = request.headers;
    this.remoteAddress = remoteAddress;
    this.isSecure = details.isSecure ?? false;
    this.peerCertificate = details.peerCertificate;
    this.raw = details.raw;
    this.params = details.params ?? ({} as Parameters);
  }

  get signal(): RuntimeSignal {
    this.controller ??= new globals.AbortController();
    if (this.isAborted) this.controller.abort();
    return this.controller.signal as RuntimeSignal;
  }

  /** For `ServerHandshake`: aborts `signal`. */
  abort(): void {
    this.isAborted = true;
    this.controller?.abort();
  }

  get url(): RuntimeUrl {
    const scheme = this.isSecure ? "https:" : "http:";
    try {
      return new globals.URL(`${scheme}//${this.headers.get("host")}${this.target}`);
    } catch {
      return new globals.URL(`${scheme}//localhost${this.target}`);
    }
  }

  get path(): string {
    return pathOf(this.target);
  }

  get query(): string {
    const query = this.target.indexOf("?");
    return query < 0 ? "" : this.target.slice(query + 1);
  }

  get origin(): string {
    return this.headers.get("origin") ?? "";
  }

  get cookies(): ReadonlyMap<string, string> {
    const cookies = new Map<string, string>();
    for (const pair of this.headers.getAll("cookie").join(";").split(";")) {
      const equals = pair.indexOf("=");
      const name = pair.slice(0, Math.max(equals, 0)).trim();
      if (name !== "" && !cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim());
    }
    return cookies;
  }
}

/** Creates a request, as for the test of `accept`. */
export const IncomingRequest: new <Parameters = unknown>(
  request: HttpRequest,
  remoteAddress: string,
  details?: RequestDetails<Parameters>,
) => IncomingRequest<Parameters> = ReceivedRequest;

/** Returns the path of a request target, without the query. */
export function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}
