import { describe, expect, test } from "vitest";
import { HttpHeaders } from "../../src/handshake/http-headers.ts";
import { readHead } from "./heads.ts";

describe("HttpHeaders", () => {
  test("finds names in any case and joins the values of one name", () => {
    const { headers } = readHead("x", "Accept: a", "ACCEPT: b", "accept: c");
    expect(headers.get("aCCept")).toBe("a, b, c");
    expect(headers.getAll("ACCEPT")).toEqual(["a", "b", "c"]);
    expect([...headers]).toEqual([
      ["accept", "a"],
      ["accept", "b"],
      ["accept", "c"],
    ]);
    expect([headers.get("x"), headers.getAll("x"), headers.has("x")]).toEqual([
      undefined,
      [],
      false,
    ]);
  });

  test("keeps the first of two headers if there may be only one", () => {
    const headers = new HttpHeaders();
    expect(headers.append("Host", "a")).toBe(true);
    expect(headers.append("HOST", "b")).toBe(false);
    expect(headers.append("Accept", "a")).toBe(true);
    expect(headers.append("accept", "b")).toBe(true);
    expect([...headers]).toEqual([
      ["host", "a"],
      ["accept", "a"],
      ["accept", "b"],
    ]);
  });

  test("iterates the values of one name together", () => {
    const { headers } = readHead("x", "A: 1", "B: 2", "a: 3");
    expect([...headers]).toEqual([
      ["a", "1"],
      ["a", "3"],
      ["b", "2"],
    ]);
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"])(
    "treats %s as a name like any other",
    (name) => {
      const empty = new HttpHeaders();
      expect([empty.get(name), empty.getAll(name), empty.has(name)]).toEqual([
        undefined,
        [],
        false,
      ]);
      const { headers } = readHead("x", `${name}: polluted`, `${name}: twice`);
      expect(headers.getAll(name)).toEqual(["polluted", "twice"]);
      expect([...headers].map(([key]) => key)).toEqual([name.toLowerCase(), name.toLowerCase()]);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(new HttpHeaders().has("polluted")).toBe(false);
    },
  );
});
