import { describe, expect, test } from "vitest";
import { ConnectionState, Ignored, StateInput, transitions } from "../../src/connection/state.ts";

const states = Object.keys(ConnectionState) as (keyof typeof ConnectionState)[];
const inputs = Object.keys(StateInput) as (keyof typeof StateInput)[];

/** Section 7.1, row by row: "-" where the input changes nothing. */
const expected = `
  Open          SendClose    -> CloseSent
  Open          ReceiveClose -> CloseReceived
  Open          Fail         -> Closed
  Open          TransportEnd -> Closed
  CloseSent     SendClose    -> -
  CloseSent     ReceiveClose -> Closed
  CloseSent     Fail         -> Closed
  CloseSent     TransportEnd -> Closed
  CloseReceived SendClose    -> Closed
  CloseReceived ReceiveClose -> -
  CloseReceived Fail         -> Closed
  CloseReceived TransportEnd -> Closed
  Closed        SendClose    -> -
  Closed        ReceiveClose -> -
  Closed        Fail         -> -
  Closed        TransportEnd -> -`
  .trim()
  .split("\n")
  .map((row) => row.trim().replace(/ +/g, " "));

test("the table holds each row of the closing handshake and no other", () => {
  const rows = states.flatMap((state) =>
    inputs.map((input) => {
      const next = transitions[ConnectionState[state]][StateInput[input]];
      const name = next === Ignored ? "-" : states.find((name) => ConnectionState[name] === next);
      return `${state} ${input} -> ${name}`;
    }),
  );
  expect(rows).toEqual(expected);
  expect(transitions).toHaveLength(states.length);
  expect(transitions.every((row) => row.length === inputs.length)).toBe(true);
});

describe("what follows from the table", () => {
  test("no state is entered twice, so every connection ends", () => {
    const back = transitions.flatMap((row, state) =>
      row.filter((next) => next !== Ignored && next <= state),
    );
    expect(back).toEqual([]);
  });

  test("two Close frames, in either order, close", () => {
    const { SendClose, ReceiveClose } = StateInput;
    for (const order of [
      [SendClose, ReceiveClose],
      [ReceiveClose, SendClose],
    ]) {
      const end = order.reduce<number>((state, input) => transitions[state][input], 0);
      expect(end).toBe(ConnectionState.Closed);
    }
  });
});
