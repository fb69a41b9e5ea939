import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { controlPayload, payload } from "../arbitraries.ts";
import { pattern } from "../bytes.ts";
import type { Role } from "./drive.ts";
import { Endpoint } from "./endpoint.ts";

type Ends = Readonly<Record<Role, Endpoint>>;
type Action =
  | { kind: "text"; text: string }
  | { kind: "binary"; data: Uint8Array }
  | { kind: "ping"; data: Uint8Array }
  | { kind: "close"; statusCode: number; reason: string }
  | { kind: "write" | "deliver"; most: number };

const text = fc.string({ unit: "binary", maxLength: 40 });
const reason = fc.string({ unit: "binary", maxLength: 30 });
/** Some payloads are so long that Pings arrive while Pongs have to wait for the output. */
const data = fc.oneof(payload, fc.constantFrom(pattern(9000), pattern(20_000)));
const most = fc.oneof(
  fc.integer({ min: 1, max: 30 }),
  fc.integer({ min: 1, max: 25_000 }),
  fc.constant(100_000),
);
const statusCode = fc.constantFrom(1000, 1001, 1011, 3000, 4999);

const close = fc.record({ kind: fc.constant("close" as const), statusCode, reason });

/** Messages in both directions, Pings, an occasional Close frame, and a slow network. */
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("text" as const), text }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("binary" as const), data }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("ping" as const), data: controlPayload }) },
  { weight: 1, arbitrary: close },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant("write" as const), most }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant("deliver" as const), most }) },
);
const from = fc.constantFrom<Role>("client", "server");
const actions = fc.array(fc.tuple(from, action), { maxLength: 80 });
const other = (role: Role): Role => (role === "client" ? "server" : "client");

function act(ends: Ends, from: Role, action: Action): void {
  const end = ends[from];
  switch (action.kind) {
    case "text":
      return end.send(action.text);
    case "binary":
      return end.send(action.data);
    case "ping":
      return end.ping(action.data);
    case "close":
      return end.close(action.statusCode, action.reason);
    case "write":
      return end.write(action.most);
    case "deliver":
      return end.deliver(ends[other(from)], action.most);
  }
}

function converse(actions: readonly (readonly [Role, Action])[]): Ends {
  const ends = { client: new Endpoint("client"), server: new Endpoint("server") };
  for (const [from, item] of actions) act(ends, from, item);
  return ends;
}

/** Delivers everything in the network, in pieces of at most `most` bytes. */
function settle({ client, server }: Ends, most: number): void {
  do {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      from.write(most);
      from.deliver(to, most);
    }
  } while (!client.isIdle || !server.isIdle);
  client.write(most);
  server.write(most);
  expect([client.isIdle, server.isIdle]).toEqual([true, true]);
}

const pieces = fc.integer({ min: 500, max: 70_000 });

test("each endpoint receives exactly what its peer sent, in order", () => {
  fc.assert(
    fc.property(actions, pieces, (actions, most) => {
      const ends = converse(actions);
      settle(ends, most);
      expect(ends.server.events).toEqual(ends.client.sent);
      expect(ends.client.events).toEqual(ends.server.sent);
      expect(ends.client.isClosed).toBe(ends.server.isClosed);
    }),
    { numRuns: runs(1000) },
  );
});

test("two endpoints that close at any times close cleanly, with one last event", () => {
  fc.assert(
    fc.property(
      ...[actions, close, actions, close, pieces],
      (before, first, between, second, most) => {
        const ends = converse([...before, ["client", first], ...between, ["server", second]]);
        settle(ends, most);
        expect(ends.server.events).toEqual(ends.client.sent);
        expect(ends.client.events).toEqual(ends.server.sent);
        for (const { events, isClosed } of [ends.client, ends.server]) {
          expect(isClosed).toBe(true);
          expect(events.findIndex((event) => event.startsWith("closed"))).toBe(events.length - 1);
          expect(events.at(-1)).toMatch(/ clean$/);
        }
      },
    ),
    { numRuns: runs(300) },
  );
});

test("a transport that ends at any time gives 1006, except after a clean close", () => {
  fc.assert(
    fc.property(actions, (actions) => {
      const ends = converse(actions);
      for (const role of ["client", "server"] as const) {
        const [end, peer] = [ends[role], ends[other(role)]];
        const wasClosed = end.isClosed;
        end.end();
        const received = wasClosed ? end.events : end.events.slice(0, -1);
        if (!wasClosed) expect(end.events.at(-1)).toBe('closed 1006 ""');
        expect(received).toEqual(peer.sent.slice(0, received.length));
      }
    }),
    { numRuns: runs(150) },
  );
});
