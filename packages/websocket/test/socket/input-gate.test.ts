import { expect, test } from "vitest";
import { Hold, InputAction, inputAction, maxReadAhead } from "../../src/socket/input-gate.ts";

const { None, Deliver, PauseTransport, ResumeTransport } = InputAction;

test("every state has the expected action", () => {
  const amounts = [
    [0, None, ResumeTransport, None, ResumeTransport],
    [1, Deliver, Deliver, None, ResumeTransport],
    [maxReadAhead - 1, Deliver, Deliver, None, ResumeTransport],
    [maxReadAhead, Deliver, Deliver, PauseTransport, None],
    [maxReadAhead * 5, Deliver, Deliver, PauseTransport, None],
  ] as const;
  for (const [waiting, reads, paused, heldReads, heldPaused] of amounts) {
    expect(inputAction(0, waiting, false)).toBe(reads);
    expect(inputAction(0, waiting, true)).toBe(paused);
    for (let holds = 1; holds <= 7; holds++) {
      expect(inputAction(holds, waiting, false)).toBe(heldReads);
      expect(inputAction(holds, waiting, true)).toBe(heldPaused);
      expect(inputAction(holds | Hold.Turn, waiting, false)).toBe(PauseTransport);
      expect(inputAction(holds | Hold.Turn, waiting, true)).toBe(None);
    }
  }
});

test("no state oscillates: after pausing or resuming, the next action is Deliver or None", () => {
  for (const holds of [0, 1, 8, 15]) {
    for (const waiting of [0, 1, maxReadAhead]) {
      for (const paused of [false, true]) {
        const action = inputAction(holds, waiting, paused);
        if (action === None || action === Deliver) continue;
        expect(inputAction(holds, waiting, action === PauseTransport)).toBe(
          holds === 0 && waiting > 0 ? Deliver : None,
        );
      }
    }
  }
});

test("the reasons are distinct bits", () => {
  const bits = Object.values(Hold);
  expect(bits.reduce((sum, bit) => sum + bit, 0)).toBe(bits.reduce((all, bit) => all | bit, 0));
  expect(bits).toHaveLength(6);
});
