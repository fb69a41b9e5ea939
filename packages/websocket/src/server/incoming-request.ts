import type { HttpHeaders, HttpRequest } from "@framewright/codec/handshake";

/** An HTTP request as `http` and `accept` see it. */
export class IncomingRequest implements HttpRequest {
  readonly method: string;
  /** Path and query as sent, such as `/room?name=x`. */
  readonly target: string;
  readonly headers: HttpHeaders;
  /** The client's IP address, or "" when the transport has none. */
  readonly remoteAddress: string;

  constructor(request: HttpRequest, remoteAddress: string) {
    this.method = request.method;
    this.target = request.target;
    this.headers = request.headers;
    this.remoteAddress = remoteAddress;
  }

  /** The target without its query, not decoded. */
  get path(): string {
    const query = this.target.indexOf("?");
    return query < 0 ? this.target : this.target.slice(0, query);
  }

  /** The target's query without the question mark, not decoded; "" when there is none. */
  get query(): string {
    const query = this.target.indexOf("?");
    return query < 0 ? "" : this.target.slice(query + 1);
  }

  /** The `Origin` header, which browsers always send (RFC 6455 section 10.2), or "". */
  get origin(): string {
    return this.headers.get("origin") ?? "";
  }

  /** The cookies by name, not decoded (RFC 6265 section 5.4). The first of a name counts. */
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
