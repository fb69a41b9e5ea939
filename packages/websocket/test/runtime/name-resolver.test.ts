import { expect, test } from "vitest";
import { nameResolver } from "../../src/runtime/name-resolver.ts";

test("resolves names by node:dns, with the hosts file", async () => {
  const resolve = nameResolver(() => import("node:dns"));
  expect(await resolve("localhost", 4)).toContain("127.0.0.1");
  expect(await resolve("localhost", 0)).toContain("127.0.0.1");
  await expect(resolve("nosuch.invalid", 0)).rejects.toThrow();
});
