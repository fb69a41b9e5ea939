import fc from "fast-check";
import type { Action, Side } from "./conversation.ts";
import type { Cut, Faults } from "./fault-transport.ts";

/** One step of a conversation over a connection with faults. */
export type Step =
  | { readonly step: "act"; readonly by: Side; readonly action: Action }
  /** The actions are done in the side's next handler. */
  | { readonly step: "in handler"; readonly by: Side; readonly actions: readonly Action[] }
  | {
      readonly step: "pass";
      readonly at: Side;
      readonly direction: "output" | "input";
      readonly length: number;
    }
  /** Everything moves until nothing does. */
  | { readonly step: "settle" }
  /** The clock moves, by milliseconds. */
  | { readonly step: "wait"; readonly time: number };

/** The options that both sides have, apart from the side that does not compress. */
export interface SideOptions {
  readonly iterates: boolean;
  readonly whenFull: "terminate" | "drop";
  readonly maxBufferedAmount: number;
  readonly heartbeat: boolean;
}

export interface Schedule {
  readonly compresses: boolean;
  readonly options: Readonly<Record<Side, SideOptions>>;
  readonly faults: Readonly<Record<Side, Faults>>;
  /** Which side closes at the end, if nobody has. */
  readonly closer: Side;
  readonly steps: readonly Step[];
}

const side = fc.constantFrom<Side>("client", "server");
const messageLength = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 8, max: 300 }) },
  { weight: 3, arbitrary: fc.integer({ min: 60_000, max: 70_000 }) },
  { weight: 1, arbitrary: fc.constant(280_000) },
);
const statusCode = fc.constantFrom(1000, 1001, 4000);

const send: fc.Arbitrary<Action> = fc.record({
  do: fc.constant("send" as const),
  as: fc.constantFrom("text", "bytes", "prepared"),
  length: messageLength,
});
/** What a side may do at any time. */
export const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 12, arbitrary: send },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("offer" as const), length: messageLength }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("ping" as const, "pause", "resume", "be busy", "be free"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), statusCode }) },
);
/** In a handler, each of them is worth as much: the transport may be destroyed in the callback. */
const actionInHandler: fc.Arbitrary<Action> = fc.oneof(
  send,
  fc.record({ do: fc.constantFrom("ping" as const, "pause", "resume", "terminate") }),
  fc.record({ do: fc.constant("close" as const), statusCode }),
);

const passLength = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 400 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 30_000, 1_000_000) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ step: fc.constant("act" as const), by: side, action: actions }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constant("in handler" as const),
      by: side,
      actions: fc.array(actionInHandler, { maxLength: 2 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      step: fc.constant("pass" as const),
      at: side,
      direction: fc.constantFrom("output" as const, "input"),
      length: passLength,
    }),
  },
  { weight: 4, arbitrary: fc.record({ step: fc.constant("settle" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant("wait" as const),
      time: fc.integer({ min: 1, max: 4_000 }),
    }),
  },
);

/** The opening handshake has some 130 bytes in the one direction and 200 in the other. */
const cutPosition = fc.oneof(
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 250 }) },
  { weight: 6, arbitrary: fc.integer({ min: 130, max: 600 }) },
  { weight: 2, arbitrary: fc.integer({ min: 600, max: 100_000 }) },
);
const cut = (...kinds: readonly Cut["kind"][]): fc.Arbitrary<Cut | undefined> =>
  fc.option(fc.record({ after: cutPosition, kind: fc.constantFrom(...kinds) }), {
    nil: undefined,
    freq: 2,
  });
const accepts = fc
  .array(fc.constantFrom(0, 1, 3, 100, 5_000, 100_000), { minLength: 1, maxLength: 5 })
  // Without a long one among them, a long message takes too many writes.
  .map((lengths) => (lengths.every((length) => length < 5_000) ? [...lengths, 50_000] : lengths));

const networkFaults = {
  output: cut("end", "reset", "silence", "stall"),
  input: cut("end", "reset", "silence"),
  accepts,
  deliversAfterPause: fc.boolean(),
  losesUnread: fc.boolean(),
};
/** What the contract of transports allows. */
export const allowedFaults: fc.Arbitrary<Faults> = fc.record({
  ...networkFaults,
  repeatsDrained: fc.boolean(),
  isPrompt: fc.boolean(),
});
/** What it forbids as well. */
export const forbiddenFaults: fc.Arbitrary<Faults> = fc.record({
  ...networkFaults,
  repeatsDrained: fc.boolean(),
  isPrompt: fc.boolean(),
  isLate: fc.boolean(),
  throwsAfter: fc.option(cutPosition, { nil: undefined, freq: 2 }),
});

/** No faults, but any splitting. */
export const noFaults: fc.Arbitrary<Faults> = fc.record({
  accepts,
  deliversAfterPause: fc.boolean(),
});

const sideOptions: fc.Arbitrary<SideOptions> = fc.record({
  iterates: fc.boolean(),
  whenFull: fc.constantFrom("terminate" as const, "drop"),
  maxBufferedAmount: fc.constantFrom(1_000, 150_000, 16_777_216),
  heartbeat: fc.boolean(),
});

/** @param faults - What may go wrong at each side. */
export function schedules(faults: fc.Arbitrary<Faults>): fc.Arbitrary<Schedule> {
  // Small values are not likelier here to find a fault: a cut must come after something was sent.
  return fc.noBias(
    fc.record({
      compresses: fc.boolean(),
      options: fc.record({ client: sideOptions, server: sideOptions }),
      faults: fc.record({ client: faults, server: faults }),
      closer: side,
      steps: fc.array(step, { maxLength: 40, size: "max" }),
    }),
  );
}
