/** What `Connection.next` returns. */
export const ConnectionEvent = {
  /** All received bytes are read. */
  NeedData: 0,
  /** A complete message was received: see `message`. */
  Message: 1,
  /** A Ping was received; the connection answers it itself. See `payload`. */
  Ping: 2,
  /** A Pong was received, solicited or not: see `payload`. */
  Pong: 3,
  /** The connection receives no more messages: see `closed`. Returned once. */
  Closed: 4,
  /** This turn's limits are reached. Call `startTurn` once other connections had a turn. */
  Yield: 5,
  /**
   * A part of a message that is longer than `streamFrom` was received: see `message`, `isTextPart`
   * and `isLastPart`. The parts of a message follow each other; only control frames come between.
   */
  MessagePart: 6,
} as const;
export type ConnectionEvent = (typeof ConnectionEvent)[keyof typeof ConnectionEvent];

/** How a connection ended. */
export interface CloseInfo {
  /**
   * The status code of the peer's Close frame; 1005 if it had none, 1006 if no Close frame was
   * received. If this endpoint failed the connection, the status code that it failed it with.
   */
  readonly statusCode: number;
  readonly reason: string;
  /** Whether both endpoints sent a Close frame. */
  readonly wasClean: boolean;
  /** The fault that ended the connection, if one did. */
  readonly error: Error | undefined;
}
