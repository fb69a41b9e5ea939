/** The states of a connection after its opening handshake (RFC 6455 sections 4 and 7). */
export const ConnectionState = {
  /** Both endpoints may send frames. */
  Open: 0,
  /** This endpoint sent a Close frame and waits for the peer's. */
  CloseSent: 1,
  /** The peer sent a Close frame and waits for this endpoint's. */
  CloseReceived: 2,
  /** No more frames are sent or received. */
  Closed: 3,
} as const;
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState];

/** The inputs that change a connection's state. */
export const StateInput = {
  SendClose: 0,
  ReceiveClose: 1,
  /** The connection fails (RFC 6455 section 7.1.7). */
  Fail: 2,
  /** The transport has ended. */
  TransportEnd: 3,
} as const;
export type StateInput = (typeof StateInput)[keyof typeof StateInput];

/** In the table: the input changes nothing in this state. */
export const Ignored = -1;

const { CloseSent, CloseReceived, Closed } = ConnectionState;

/** The closing handshake (RFC 6455 section 7.1): `transitions[state][input]` is the next state. */
export const transitions: readonly (readonly (ConnectionState | typeof Ignored)[])[] = [
  /*                   SendClose  ReceiveClose   Fail     TransportEnd */
  /* Open          */ [CloseSent, CloseReceived, Closed, Closed],
  /* CloseSent     */ [Ignored, Closed, Closed, Closed],
  /* CloseReceived */ [Closed, Ignored, Closed, Closed],
  /* Closed        */ [Ignored, Ignored, Ignored, Ignored],
];
