import type { HandshakeStep } from "@framewright/codec";
import { parseWebSocketUrl } from "@framewright/codec/handshake";
import type { Transport } from "@framewright/websocket/transport";
import { expect, test } from "vitest";
import { checkLookup, familyOf, openByAddress } from "../../src/client/addresses.ts";
import { checkClientTls } from "../../src/client/client-tls.ts";
import type { OpeningProgress } from "../../src/client/open-transport.ts";

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

/** Opens by addresses. Each has an outcome: the last step that it reaches, or "opened". */
async function openBy(outcomes: Record<string, HandshakeStep | "opened">) {
  const tried: string[] = [];
  const steps: string[] = [];
  const controller = new AbortController();
  const progress: OpeningProgress = {
    signal: controller.signal,
    reached: (step) => void steps.push(step),
    opened: () => void steps.push("opened"),
  };
  const url = parseWebSocketUrl("wss://a.example/");
  const target = { url, host: "a.example", localAddress: undefined, tls: checkClientTls() };
  const result = await openByAddress(
    async () => Object.keys(outcomes),
    async ({ host }, { reached, opened }) => {
      tried.push(host);
      const outcome = outcomes[host];
      reached("connect");
      if (outcome === "queue") controller.abort();
      if (outcome === "tls") reached("tls");
      if (outcome === "opened") return opened({} as Transport);
      throw new Error(host);
    },
    target,
    progress,
  ).catch((error: Error) => error.message);
  return { tried, steps, result };
}

test("addresses are tried in order until TCP connects", async () => {
  expect(await openBy({ "1.1.1.1": "connect", "::1": "opened", "2.2.2.2": "opened" })).toEqual({
    tried: ["1.1.1.1", "::1"],
    steps: ["lookup", "connect", "opened"],
    result: undefined,
  });
  expect(await openBy({ "1.1.1.1": "tls", "::1": "opened" })).toEqual({
    tried: ["1.1.1.1"],
    steps: ["lookup", "connect", "tls"],
    result: "1.1.1.1",
  });
  expect(await openBy({ "1.1.1.1": "connect", "::1": "connect" })).toMatchObject({
    tried: ["1.1.1.1", "::1"],
    result: "::1",
  });
});

test("no further address is tried after the attempt was stopped", async () => {
  const { tried } = await openBy({ "1.1.1.1": "queue", "::1": "opened" });
  expect(tried).toEqual(["1.1.1.1"]);
});
