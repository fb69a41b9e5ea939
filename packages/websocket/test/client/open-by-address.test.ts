import type { HandshakeStep } from "@framewright/codec";
import { parseWebSocketUrl } from "@framewright/codec/handshake";
import type { Transport } from "@framewright/websocket/transport";
import { expect, test } from "vitest";
import { checkClientTls } from "../../src/client/client-tls.ts";
import { openByAddress } from "../../src/client/open-by-address.ts";
import type { OpeningProgress } from "../../src/client/open-transport.ts";

/** Opens by addresses. Each has an outcome: the last step that it reaches, or "opened". */
async function openBy(
  outcomes: Record<string, HandshakeStep | "opened" | "silent" | "late">,
  time = 60_000,
) {
  const tried: string[] = [];
  const stopped: string[] = [];
  const destroyed: string[] = [];
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
    async ({ host }, attempt) => {
      tried.push(host);
      const outcome = outcomes[host];
      const transport = { destroy: () => void destroyed.push(host) } as Transport;
      attempt.signal.addEventListener("abort", () => {
        stopped.push(host);
        if (outcome === "late") attempt.opened(transport);
      });
      attempt.reached("connect");
      if (outcome === "silent" || outcome === "late") return new Promise(() => {});
      if (outcome === "queue") controller.abort();
      if (outcome === "tls") attempt.reached("tls");
      if (outcome === "opened") return attempt.opened(transport);
      throw new Error(host);
    },
    target,
    progress,
    () => time,
  ).catch((error: Error) => error.message);
  return { tried, steps, result, stopped, destroyed };
}

test("addresses are tried in order until TCP connects", async () => {
  expect(
    await openBy({ "1.1.1.1": "connect", "::1": "opened", "2.2.2.2": "opened" }),
  ).toMatchObject({
    tried: ["1.1.1.1", "::1"],
    steps: ["lookup", "connect", "opened"],
    result: undefined,
  });
  expect(await openBy({ "1.1.1.1": "tls", "::1": "opened" })).toMatchObject({
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

test("an address that does not answer is left when its share of the time is over", async () => {
  const outcomes = { "1.1.1.1": "silent", "::1": "late", "2.2.2.2": "opened" } as const;
  expect(await openBy(outcomes, 30)).toEqual({
    tried: ["1.1.1.1", "::1", "2.2.2.2"],
    steps: ["lookup", "connect", "opened"],
    result: undefined,
    stopped: ["1.1.1.1", "::1"],
    destroyed: ["::1"],
  });
});
