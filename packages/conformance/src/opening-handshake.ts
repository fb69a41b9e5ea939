import { createHash } from "node:crypto";

/** The example of RFC 6455 section 1.3. */
export const exampleKey = "dGhlIHNhbXBsZSBub25jZQ==";
export const exampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** The answer to a `Sec-WebSocket-Key` (RFC 6455 section 4.2.2, item 5.4). */
export function acceptFor(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** An HTTP head: its lines, each ended by CR LF, and the empty line. */
export function httpHead(...lines: readonly string[]): Uint8Array {
  return Buffer.from(`${lines.map((line) => `${line}\r\n`).join("")}\r\n`, "latin1");
}

/** A client's opening handshake that is in order, with further header lines. */
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

/** A server's answer to a key that is in order, with further header lines. */
export function upgradeAnswer(key: string, ...lines: readonly string[]): Uint8Array {
  return httpHead(
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    ...lines,
  );
}

/** An HTTP head that came, taken apart naively. */
export class ReceivedHead {
  /** As it came. */
  readonly text: string;
  readonly startLine: string;
  private readonly lines: readonly string[];

  constructor(text: string) {
    const [startLine, ...lines] = text.trimEnd().split("\r\n");
    this.text = text;
    this.startLine = startLine;
    this.lines = lines;
  }

  /** The values of a header, one for each of its lines. */
  all(name: string): string[] {
    const start = `${name.toLowerCase()}:`;
    return this.lines
      .filter((line) => line.toLowerCase().startsWith(start))
      .map((line) => line.slice(start.length).trim());
  }

  /** The value of a header, or undefined unless it stands there exactly once. */
  one(name: string): string | undefined {
    const values = this.all(name);
    return values.length === 1 ? values[0] : undefined;
  }
}
