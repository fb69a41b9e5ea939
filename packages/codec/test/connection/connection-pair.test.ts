import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { Connection } from "../../src/connection/connection.ts";
import { ConnectionState } from "../../src/connection/state.ts";
import { anyText, payload, wellFormedText } from "../arbitraries.ts";
import { hex } from "../bytes.ts";
import { eventsOf, openConnection, type Role } from "./drive.ts";

/** One end of a pipe: what it was told to send, and the events that it gave. */
interface End {
  readonly connection: Connection;
  readonly sent: string[];
  readonly events: string[];
}

type Ends = Readonly<Record<Role, End>>;
type Action =
  | { from: Role; kind: "text"; text: string }
  | { from: Role; kind: "binary"; data: Uint8Array }
  | { from: Role; kind: "close"; statusCode: number; reason: string }
  | { from: Role; kind: "carry"; most: number };

function openPair(): Ends {
  const open = (role: Role): End => ({ connection: openConnection(role), sent: [], events: [] });
  return { client: open("client"), server: open("server") };
}

const other = (role: Role): Role => (role === "client" ? "server" : "client");

/** Carries at most `most` bytes from one end to the other and returns their number. */
function carry(ends: Ends, from: Role, most: number): number {
  const to = ends[other(from)];
  const waiting = ends[from].connection.peek();
  if (waiting === undefined) return 0;
  // A copy, because the receiver unmasks it in place.
  const chunk = waiting.slice(0, most);
  ends[from].connection.advance(chunk.length);
  to.connection.receive(chunk);
  to.events.push(...eventsOf(to.connection));
  return chunk.length;
}

function carryAll(ends: Ends): void {
  while (carry(ends, "client", 5000) + carry(ends, "server", 5000) > 0);
}

function act(ends: Ends, action: Action): void {
  const { connection, sent } = ends[action.from];
  if (action.kind === "carry") carry(ends, action.from, action.most);
  else if (action.kind === "close") {
    if (connection.close(action.statusCode, action.reason)) {
      sent.push(`closed ${action.statusCode} "${action.reason}" clean`);
    }
  } else if (action.kind === "text") {
    const received = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      new TextEncoder().encode(action.text),
    );
    if (connection.send(action.text)) sent.push(`text ${received}`);
  } else if (connection.send(action.data)) sent.push(`binary ${hex(action.data)}`);
}

const from = fc.constantFrom<Role>("client", "server");
const text = fc.record({ from, kind: fc.constant("text" as const), text: anyText });
const binary = fc.record({ from, kind: fc.constant("binary" as const), data: payload });
const moved = fc.record({
  from,
  kind: fc.constant("carry" as const),
  most: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 100_000 })),
});
const close = fc.record({
  from,
  kind: fc.constant("close" as const),
  statusCode: fc.constantFrom(1000, 1001, 3000, 4999),
  reason: wellFormedText.map((reason) => [...reason].slice(0, 30).join("")),
});

describe("a client and a server over a pipe that splits at any byte", () => {
  test("receive what their peer sent, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(text, binary, moved), { maxLength: 40 }), (actions) => {
        const ends = openPair();
        for (const action of actions) act(ends, action);
        carryAll(ends);
        expect(ends.server.events).toEqual(ends.client.sent);
        expect(ends.client.events).toEqual(ends.server.sent);
        expect(ends.client.connection.state).toBe(ConnectionState.Open);
        expect(ends.server.connection.state).toBe(ConnectionState.Open);
      }),
      { numRuns: runs(150) },
    );
  });

  test("receive all that was sent before a Close frame, and end cleanly, whoever closes", () => {
    const anything = fc.oneof(
      { weight: 4, arbitrary: text },
      { weight: 2, arbitrary: binary },
      { weight: 5, arbitrary: moved },
      { weight: 1, arbitrary: close },
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), close, (actions, lastClose) => {
        const ends = openPair();
        for (const action of [...actions, lastClose]) act(ends, action);
        carryAll(ends);
        for (const role of ["client", "server"] as const) {
          const peer = ends[other(role)];
          const messages = peer.sent.filter((item) => !item.startsWith("closed"));
          // An endpoint that did not close first echoed the Close frame that it received.
          const closing = [...peer.sent, ...ends[role].sent].find((item) =>
            item.startsWith("closed"),
          );
          expect(ends[role].events).toEqual([...messages, closing]);
          expect(ends[role].connection.state).toBe(ConnectionState.Closed);
          expect(ends[role].connection.bufferedAmount).toBe(0);
        }
      }),
      { numRuns: runs(150) },
    );
  });

  test("answer each other's Pings", () => {
    const pings = fc.array(fc.tuple(from, fc.uint8Array({ maxLength: 125 })), { maxLength: 20 });
    fc.assert(
      fc.property(pings, (pings) => {
        const ends = openPair();
        for (const [role, data] of pings) ends[role].connection.ping(data);
        carryAll(ends);
        for (const role of ["client", "server"] as const) {
          const own = pings.filter(([sender]) => sender === role);
          const pongs = ends[role].events.filter((event) => event.startsWith("pong"));
          expect(pongs).toEqual(own.map(([, data]) => `pong ${hex(data)}`));
          const seen = ends[other(role)].events.filter((event) => event.startsWith("ping"));
          expect(seen).toEqual(own.map(([, data]) => `ping ${hex(data)}`));
        }
      }),
    );
  });
});
