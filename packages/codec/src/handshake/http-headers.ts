/** Headers that a message must not contain more than once (RFC 9110, RFC 6455 section 11.3). */
const singleHeaders = /* @__PURE__ */ new Set([
  "authorization",
  "content-length",
  "content-type",
  "from",
  "host",
  "if-modified-since",
  "if-range",
  "if-unmodified-since",
  "location",
  "max-forwards",
  "origin",
  "proxy-authorization",
  "range",
  "referer",
  "user-agent",
  "sec-websocket-key",
  "sec-websocket-accept",
]);

/** The headers of one HTTP message. Names are case-insensitive. Values keep their order. */
export class HttpHeaders implements Iterable<readonly [name: string, value: string]> {
  /** Names in lower case, one for each value. A linear search is fastest for so few. */
  private readonly names: string[] = [];
  private readonly values: string[] = [];

  /** @returns The header's value, several values joined by ", ", or undefined if it is absent. */
  get(name: string): string | undefined {
    const key = name.toLowerCase();
    const first = this.names.indexOf(key);
    if (first < 0 || !this.names.includes(key, first + 1)) return this.values[first];
    return this.getAll(key).join(", ");
  }

  /** @returns All values of the header in the order in which they were received. */
  getAll(name: string): readonly string[] {
    const key = name.toLowerCase();
    const first = this.names.indexOf(key);
    if (first < 0) return [];
    const values = [this.values[first]];
    for (let i = first + 1; i < this.names.length; i++) {
      if (this.names[i] === key) values.push(this.values[i]);
    }
    return values;
  }

  has(name: string): boolean {
    return this.names.includes(name.toLowerCase());
  }

  /** Iterates over pairs of name, in lower case, and value, grouped by name. */
  *[Symbol.iterator](): Generator<readonly [name: string, value: string]> {
    for (const name of new Set(this.names)) {
      for (const value of this.getAll(name)) yield [name, value];
    }
  }

  /** Adds a received header. Returns false if it occurs again but may occur only once. */
  append(name: string, value: string): boolean {
    const key = name.toLowerCase();
    if (this.names.includes(key) && singleHeaders.has(key)) return false;
    this.names.push(key);
    this.values.push(value);
    return true;
  }
}
