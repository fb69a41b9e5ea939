import { request } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { until } from "../../src/attack/until.ts";
import {
  type DirectionFaults,
  FaultProxy,
  type ProxyFaults,
} from "../../src/faults/fault-proxy.ts";
import type { ClientOutcome } from "../../src/faults/link.ts";
import type { Side, SideOutcome, Talk } from "../../src/faults/talk.ts";
import { runtimes, type ServerProcess, startServerFromSource } from "../../src/runtimes.ts";

const lengths = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) },
    { weight: 1, arbitrary: fc.constantFrom(65_536, 70_000, 300_000) },
  ),
  { maxLength: 12, size: "max" },
);
const talks: fc.Arbitrary<Talk> = fc.record({
  client: lengths,
  server: lengths,
  closer: fc.constantFrom<Side>("client", "server"),
  closesEarly: fc.boolean(),
  compresses: fc.boolean(),
});
const direction: fc.Arbitrary<DirectionFaults> = fc.record({
  pieces: fc
    .array(fc.constantFrom(1, 2, 7, 200, 5_000), { maxLength: 4 })
    .map((pieces) => [...pieces, 100_000]),
  delays: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }),
  cut: fc.option(
    fc.record({
      after: fc.oneof(
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 300 }) },
        { weight: 3, arbitrary: fc.integer({ min: 300, max: 3_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 3_000, max: 300_000 }) },
      ),
      kind: fc.constantFrom("end" as const, "reset", "silence"),
    }),
    { nil: undefined, freq: 3 },
  ),
});
const schedules = fc.noBias(
  fc.record({ talk: talks, faults: fc.record({ up: direction, down: direction }) }),
);

/** Sends a request to the process of a link and returns its answer, which is JSON. */
function ask<T>(port: number, path: string, query: Record<string, string>): Promise<T> {
  const url = `http://127.0.0.1:${port}${path}?${new URLSearchParams(query)}`;
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, timeout: 30_000 }, async (response) => {
      let body = "";
      for await (const piece of response.setEncoding("utf8")) body += piece;
      resolve(JSON.parse(body));
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer to ${path}`)));
    asked.on("error", reject).end();
  });
}

/** Checks what both sides saw of a talk. */
function faultsOf(talk: Talk, client: ClientOutcome, server: SideOutcome | null): string[] {
  const faults: string[] = [];
  if (client.error === undefined && client.closes.length !== 1)
    faults.push(`the client had ${client.closes.length} close events`);
  if (server === null) return faults;
  const sides = { client, server };
  for (const [name, other] of [
    ["client", "server"],
    ["server", "client"],
  ] as const) {
    const { accepted, closes } = sides[name];
    const { received, wrong, closes: otherCloses } = sides[other];
    faults.push(...wrong.map((what) => `${other}: ${what}`));
    if (received > accepted) faults.push(`the ${other} received more than was sent`);
    if (received >= accepted) continue;
    if (otherCloses[0]?.[1]) faults.push(`the ${other} closed cleanly without all messages`);
    if (closes[0]?.[1] && talk.closer === name)
      faults.push(`the ${name} closed first and cleanly, and messages were lost`);
  }
  return faults;
}

describe("a client and a server with a network that fails between them", () => {
  const links: ServerProcess[] = [];
  let count = 0;

  beforeAll(async () => {
    const started = runtimes.map((runtime) =>
      startServerFromSource(runtime, `packages/conformance/src/faults/link-${runtime.name}.ts`),
    );
    links.push(...(await Promise.all(started)));
  });

  afterAll(async () => {
    for (const { process } of links) await process.stop("SIGKILL");
  });

  async function play(
    proxy: FaultProxy,
    { from, to }: { readonly from: number; readonly to: number },
    { talk, faults }: { readonly talk: Talk; readonly faults: ProxyFaults },
  ): Promise<string[]> {
    const id = String(count++);
    const json = JSON.stringify(talk);
    proxy.faults = faults;
    proxy.target = links[to].port;
    const url = `ws://127.0.0.1:${proxy.port}/?id=${id}`;
    const client = await ask<ClientOutcome>(links[from].port, "/talk", { url, talk: json });
    const server = await until(
      () => ask<SideOutcome | null>(links[to].port, "/outcome", { id }),
      // Its opening handshake may have been lost.
      (outcome) => outcome === null || outcome.closes.length === 1 || client.error !== undefined,
      20_000,
    );
    return faultsOf(talk, client, server);
  }

  const pairs = runtimes
    .flatMap((client, from) => runtimes.map((server, to) => ({ client, server, from, to })))
    .filter(({ from, to }) => isFullDepth || from === to)
    .map((pair) => ({ ...pair, name: `${pair.client.name} to ${pair.server.name}` }));

  test.concurrent.for(pairs)(
    "$name: messages come in order, once, and a loss is no clean end",
    { timeout: 120_000 },
    async (pair, { onTestFinished }) => {
      const proxy = await FaultProxy.start();
      onTestFinished(() => proxy.stop());
      await fc.assert(
        fc.asyncProperty(schedules, async (schedule) => {
          expect(await play(proxy, pair, schedule)).toEqual([]);
        }),
        { numRuns: isFullDepth ? 25 : 5, endOnFailure: true },
      );
      for (const { process } of [links[pair.from], links[pair.to]]) {
        expect(process.standardError).toBe("");
        expect(process.isRunning).toBe(true);
      }
    },
  );
});
