/** Why messages are not delivered for now. Bits: several reasons can hold at the same time. */
export const Hold = {
  /** User code called `pause`. */
  User: 1,
  /** An asynchronous message handler has not settled. */
  Handler: 2,
  /** Enough messages wait for `for await`. */
  Queue: 4,
  /** The connection has used up its share of this turn of the event loop. */
  Turn: 8,
} as const;
export type Hold = (typeof Hold)[keyof typeof Hold];

/** What is to be done about a transport's input. */
export const InputAction = {
  None: 0,
  /** Deliver what has come, then look again. */
  Deliver: 1,
  PauseTransport: 2,
  ResumeTransport: 3,
} as const;
export type InputAction = (typeof InputAction)[keyof typeof InputAction];

const { None, Deliver, PauseTransport, ResumeTransport } = InputAction;

/**
 * `actions[holds][waiting][paused]`. While user code holds delivery back, bytes are still taken in up to a limit,
 * because a transport that does not read does not notice that its peer is gone. Until the next turn of the event loop
 * nothing is taken in: it would have to be copied.
 */
const actions: readonly (readonly (readonly InputAction[])[])[] = [
  /*                                  transport reads   transport is paused */
  [
    /* delivering, nothing waits    */ [None, ResumeTransport],
    /* delivering, bytes wait       */ [Deliver, Deliver],
    /* delivering, too many wait    */ [Deliver, Deliver],
  ],
  [
    /* held, nothing waits          */ [None, ResumeTransport],
    /* held, bytes wait             */ [None, ResumeTransport],
    /* held, too many wait          */ [PauseTransport, None],
  ],
  [
    /* next turn, nothing waits     */ [PauseTransport, None],
    /* next turn, bytes wait        */ [PauseTransport, None],
    /* next turn, too many wait     */ [PauseTransport, None],
  ],
];

/** With so many bytes waiting to be delivered the transport is paused. */
export const maxReadAhead = 65_536;

/**
 * Decides what is to be done about a transport's input after anything has changed.
 *
 * @param holds - The reasons not to deliver, as bits of `Hold`; 0 for none.
 * @param waiting - Bytes that have come and are not delivered.
 * @param paused - Whether the transport is paused.
 */
export function inputAction(holds: number, waiting: number, paused: boolean): InputAction {
  const amount = waiting === 0 ? 0 : waiting < maxReadAhead ? 1 : 2;
  const held = holds === 0 ? 0 : (holds & Hold.Turn) === 0 ? 1 : 2;
  return actions[held][amount][paused ? 1 : 0];
}
