/** Reasons not to deliver messages, as bits, because several can apply at the same time. */
export const Hold = {
  /** User code called `pause`. */
  User: 1,
  /** An asynchronous message handler has not settled. */
  Handler: 2,
  /** The queue for `for await` is full. */
  Queue: 4,
  /** The connection has used up its share of this turn of the event loop. */
  Turn: 8,
  /** The peer sends more messages than `messageRate` allows. */
  Rate: 16,
  /** Parts of a long message wait to be read. */
  Stream: 32,
} as const;
export type Hold = (typeof Hold)[keyof typeof Hold];

/** What to do with a transport's input. */
export const InputAction = {
  None: 0,
  /** Deliver received messages, then decide again. */
  Deliver: 1,
  PauseTransport: 2,
  ResumeTransport: 3,
} as const;
export type InputAction = (typeof InputAction)[keyof typeof InputAction];

const { None, Deliver, PauseTransport, ResumeTransport } = InputAction;

/**
 * `actions[held][amount][paused]`. While user code holds delivery, bytes are still read up to a
 * limit, because a transport that does not read does not notice that its peer is gone. While the
 * connection waits for its next turn, nothing is read, because the bytes would have to be copied.
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

/** The transport is paused when this many bytes wait for delivery. */
export const maxReadAhead = 65_536;

/**
 * Decides what to do with a transport's input. Called after each change of an argument.
 *
 * @param holds - The reasons not to deliver, as bits of `Hold`; 0 for none.
 * @param waiting - Number of bytes that were received and not delivered.
 * @param paused - Whether the transport is paused.
 */
export function inputAction(holds: number, waiting: number, paused: boolean): InputAction {
  const amount = waiting === 0 ? 0 : waiting < maxReadAhead ? 1 : 2;
  const held = holds === 0 ? 0 : (holds & Hold.Turn) === 0 ? 1 : 2;
  return actions[held][amount][paused ? 1 : 0];
}
