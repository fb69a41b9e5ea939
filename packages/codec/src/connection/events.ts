/** What `Connection.next` came to. */
export const ConnectionEvent = {
  /** All received bytes are used up. */
  NeedData: 0,
  /** A whole message: see `message`. */
  Message: 1,
  /** A Ping came and its Pong is queued: see `payload`. */
  Ping: 2,
  /** A Pong came, asked for or not: see `payload`. */
  Pong: 3,
  /** No message will come any more: see `closed`. Returned once. */
  Closed: 4,
  /** The turn's share of work is used up: go on after others had theirs, with `startTurn` first. */
  Yield: 5,
} as const;
export type ConnectionEvent = (typeof ConnectionEvent)[keyof typeof ConnectionEvent];

/** How a connection ended. */
export interface CloseInfo {
  /**
   * What the peer's Close frame said, 1005 when it said nothing, 1006 when none came; when the
   * peer broke the protocol, the status code that the connection was failed with.
   */
  readonly statusCode: number;
  readonly reason: string;
  /** Whether both sides sent a Close frame. */
  readonly wasClean: boolean;
  /** The fault that ended the connection, if one did. */
  readonly error: Error | undefined;
}
