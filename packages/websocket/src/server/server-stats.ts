import type { ServerHandshakeSettings } from "./handshake-settings.ts";

/** What a server does and has done since it started. See `Server.stats`. */
export interface ServerStats {
  /** Number of open sockets, those in the closing handshake included. */
  readonly openConnections: number;
  /** Number of connections whose opening handshake, TLS included, has no answer yet. */
  readonly pendingHandshakes: number;
  /** Number of opening handshakes that were accepted. */
  readonly accepted: number;
  /** Numbers of failed opening handshakes by `fault.code`. See the handler `refused`. */
  readonly refused: Readonly<Record<string, number>>;
  readonly messagesReceived: number;
  /** Number of messages that `send` and broadcasts queued. */
  readonly messagesSent: number;
  /** Number of messages that were not sent because too many bytes waited for the peer. */
  readonly messagesDropped: number;
  /**
   * Number of times that `messageRate` paused or closed a socket. A peer that always sends too fast
   * is paused after each message.
   */
  readonly messageRateExceeded: number;
  /** Bytes of frames on the wire, without opening handshakes and TLS. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Number of bytes that wait for all open sockets together. */
  readonly bufferedAmount: number;
  /** Numbers of ended connections by status code. */
  readonly closes: Readonly<Record<number, number>>;
  /** Numbers of ended connections by `error.code`, such as `WS_ERR_HEARTBEAT_TIMEOUT`. */
  readonly errors: Readonly<Record<string, number>>;
  /** Memory of all compressors of the process in bytes, estimated; 0 without compression. */
  readonly compressionMemory: number;
}

/** Takes a snapshot. Its time is proportional to the number of open sockets. */
export function serverStats<Data>(settings: ServerHandshakeSettings<Data>): ServerStats {
  const { shared, compressors, handshakes, accepted, refused } = settings;
  const { group, counters } = shared;
  const { closes, errors, ...counts } = counters;
  let bufferedAmount = 0;
  for (const { bufferedAmount: amount } of group.open) bufferedAmount += amount;
  return {
    openConnections: group.open.size,
    pendingHandshakes: handshakes.size,
    accepted,
    refused: Object.fromEntries(refused),
    ...counts,
    bufferedAmount,
    closes: Object.fromEntries(closes),
    errors: Object.fromEntries(errors),
    compressionMemory: compressors?.memory ?? 0,
  };
}
