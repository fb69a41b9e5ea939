import type { CloseInfo } from "@framewright/codec";

/** What all sockets of a server, or a client's socket, have done so far. */
export class Counters {
  messagesReceived = 0;
  messagesSent = 0;
  messagesDropped = 0;
  messageRateExceeded = 0;
  /** Bytes of frames, without opening handshakes and TLS. */
  bytesReceived = 0;
  bytesSent = 0;
  /** Ended connections by status code. There are some 2,000 that a peer can send. */
  readonly closes = new Map<number, number>();
  /** Ended connections by the code of their error, if it is one of this library. */
  readonly errors = new Map<string, number>();

  countClose({ statusCode, error }: CloseInfo): void {
    count(this.closes, statusCode);
    const { code } = (error ?? {}) as { code?: unknown };
    if (typeof code === "string" && code.startsWith("WS_ERR_")) count(this.errors, code);
  }
}

/** Adds 1 to the count of a key. */
export function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
