import { expect, test } from "vitest";
import { checkLookup, familyOf } from "../../src/client/addresses.ts";

test("familyOf", () => {
  for (const address of ["127.0.0.1", "0.0.0.0", "255.255.255.255", "1.20.199.250"])
    expect(familyOf(address)).toBe(4);
  for (const address of ["::1", "::", "fe80::1%eth0", "2001:DB8::1", "::ffff:127.0.0.1"])
    expect(familyOf(address)).toBe(6);
  const others = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "a.b.c.d",
    "1.2.3.4.",
    "[::1]",
  ];
  for (const other of [...others, "localhost", "1:2", "a:b", "::1%", "::1\n", 5, undefined, null])
    expect(familyOf(other)).toBe(0);
});

test("the names of the system are resolved only if an option needs it", async () => {
  const asked: unknown[] = [];
  const resolveName = async (...request: unknown[]) => {
    asked.push(request);
    return ["::1", "127.0.0.1"];
  };
  const limits = (steps?: object) => ({ total: 1, steps });
  expect(checkLookup({}, limits(), resolveName)).toBeUndefined();
  expect(checkLookup({ family: 0 }, limits({ connect: 1 }), resolveName)).toBeUndefined();
  const six = checkLookup({ family: 6 }, limits(), resolveName);
  expect(await six?.("a.example")).toEqual(["::1"]);
  const both = checkLookup({}, limits({ lookup: 1 }), resolveName);
  expect(await both?.("a.example")).toEqual(["::1", "127.0.0.1"]);
  expect(asked).toEqual([
    ["a.example", 6],
    ["a.example", 0],
  ]);
});
