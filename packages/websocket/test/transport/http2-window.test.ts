import { describe, expect, test } from "vitest";
import { raiseWindow } from "../../src/transport/http2-window.ts";

function sessionWith(state: { effectiveLocalWindowSize?: number } | undefined, destroyed = false) {
  const sizes: number[] = [];
  return { sizes, state, destroyed, setLocalWindowSize: (size: number) => void sizes.push(size) };
}

describe("raiseWindow", () => {
  test("raises the default window, and no window that is as large", () => {
    const sizes = [0, 65_535, 1_048_575, 1_048_576, 2 ** 31 - 1].map((effectiveLocalWindowSize) => {
      const session = sessionWith({ effectiveLocalWindowSize });
      raiseWindow(session, 1_048_576);
      return session.sizes;
    });
    expect(sizes).toEqual([[1_048_576], [1_048_576], [1_048_576], [], []]);
  });

  test("leaves sessions alone that have ended or do not tell their window", () => {
    const sessions = [
      sessionWith({ effectiveLocalWindowSize: 65_535 }, true),
      sessionWith({}),
      sessionWith(undefined),
    ];
    const unset = sessionWith({ effectiveLocalWindowSize: 65_535 });
    raiseWindow(unset, undefined);
    expect(unset.sizes).toEqual([]);
    for (const session of sessions) raiseWindow(session, 1_048_576);
    expect(sessions.flatMap(({ sizes }) => sizes)).toEqual([]);
    raiseWindow(undefined, 1_048_576);
    raiseWindow({ destroyed: false, state: { effectiveLocalWindowSize: 65_535 } }, 1_048_576);
  });
});
