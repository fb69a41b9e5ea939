import { createHash } from "node:crypto";

/** The example of RFC 6455 section 1.3. */
export const exampleKey = "dGhlIHNhbXBsZSBub25jZQ==";
export const exampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/**
 * Returns the `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455 section 4.2.2, item 5.4).
 */
export function acceptFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** Returns an HTTP head: its lines, each ended by CR LF, and the empty line. */
export function httpHead(...lines: readonly string[]): Uint8Array {
  return Buffer.from(`${lines.map((line) => `${line}\r\n`).join("")}\r\n`, "latin1");
}

/** Returns a valid opening handshake of a client, with further header lines. */
export function upgradeRequest(...lines: readonly string[]): Uint8Array {
  return httpHead(
    "GET /echo HTTP/1.1",
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${exampleKey}`,
    "Sec-WebSocket-Version: 13",
    ...lines,
  );
}

/** Returns a server's valid response for a key, with further header lines. */
export function upgradeAnswer(key: string, ...lines: readonly string[]): Uint8Array {
  return httpHead(
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    ...lines,
  );
}

/** A received HTTP head, parsed naively. */
export class ReceivedHead {
  /** The head as received. */
  readonly text: string;
  readonly startLine: string;
  private readonly lines: readonly string[];

  constructor(text: string) {
    const [startLine, ...lines] = text.trimEnd().split("\r\n");
    this.text = text;
    this.startLine = startLine;
    this.lines = lines;
  }

  /** Returns the values of a header, one per header line. */
  all(name: string): string[] {
    const start = `${name.toLowerCase()}:`;
    return this.lines
      .filter((line) => line.toLowerCase().startsWith(start))
      .map((line) => line.slice(start.length).trim());
  }

  /** Returns the value of a header, or undefined unless it occurs exactly once. */
  one(name: string): string | undefined {
    const values = this.all(name);
    return values.length === 1 ? values[0] : undefined;
  }
}
