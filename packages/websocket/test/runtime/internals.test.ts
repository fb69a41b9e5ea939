import { describe, expect, test } from "vitest";
import { allowsInternals, mayUseInternals } from "../../src/runtime/internals.ts";

const variable = "FRAMEWRIGHT_NO_INTERNALS";

test.each([
  ["not set", {}, true],
  ["0", { [variable]: "0" }, true],
  ["empty", { [variable]: "" }, true],
  ["1", { [variable]: "1" }, false],
])("the variable is %s", (_, env, expected) => {
  expect(allowsInternals({ process: { env } })).toBe(expected);
});

test("a runtime without an environment has no switch", () => {
  expect([allowsInternals({}), allowsInternals({ process: {} })]).toEqual([true, true]);
});

describe("Deno", () => {
  function denoWith(state: string) {
    const asked: object[] = [];
    const read: string[] = [];
    const env = new Proxy({} as Record<string, string>, {
      get(_, name) {
        read.push(String(name));
        return "1";
      },
    });
    const querySync = (of: object) => {
      asked.push(of);
      return { state };
    };
    const allowed = allowsInternals({ process: { env }, Deno: { permissions: { querySync } } });
    return { allowed, asked, read };
  }

  test("reads the variable if it may", () => {
    const asked = [{ name: "env", variable }];
    expect(denoWith("granted")).toEqual({ allowed: false, asked, read: [variable] });
  });

  test.each(["prompt", "denied"])("does not read it while the permission is %s", (state) => {
    expect(denoWith(state)).toMatchObject({ allowed: true, read: [] });
  });
});

test("the process reads it once", () => {
  const first = mayUseInternals();
  expect(first).toBe(process.env[variable] !== "1");
  expect(mayUseInternals()).toBe(first);
});
