import type { Socket } from "@framewright/websocket";
import { connectWith, serveWith, type Transport } from "@framewright/websocket/transport";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { TransportPackage } from "../transport-contract.ts";
import { type Action, deliveryFaults, type Side, Speaker } from "./conversation.ts";
import { type Faults, FaultTransport } from "./fault-transport.ts";
import { actions, allowedFaults } from "./schedule.ts";

/** What both sides do, one after the other, over connections of a runtime. */
interface Scene {
  readonly faults: Readonly<Record<Side, Faults>>;
  /** How many bytes pass at a time, over and over. */
  readonly passes: readonly number[];
  readonly actions: readonly (readonly [Side, Action])[];
  readonly closer: Side;
}

const scenes: fc.Arbitrary<Scene> = fc.noBias(
  fc.record({
    faults: fc.record({ client: allowedFaults, server: allowedFaults }),
    passes: fc
      .array(fc.constantFrom(1, 7, 300, 5_000), { maxLength: 4 })
      .map((passes) => [...passes, 100_000]),
    actions: fc.array(fc.tuple(fc.constantFrom<Side>("client", "server"), actions), {
      maxLength: 20,
      size: "max",
    }),
    closer: fc.constantFrom<Side>("client", "server"),
  }),
);

/** So that what is lost in silence is noticed soon, in milliseconds. */
const patience = 300;
const timeouts = { closeTimeout: patience, heartbeat: { interval: patience, timeout: patience } };

/** More than all timeouts together, on any machine, in milliseconds. */
const guard = 30_000;

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Tests the transports of a runtime with faults between them and the sockets. */
export function describeFaults(name: string, { listen, open }: TransportPackage): void {
  test(`${name}: messages over connections with faults come in order, once, and a loss is no clean end`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const played = fc.sample(scenes, { seed, numRuns: runs(40) }).map((scene) => play(scene));
    expect({ seed, faults: (await Promise.all(played)).flat() }).toEqual({ seed, faults: [] });
  }, 60_000);

  /** Plays a scene on a server of its own. Returns what went wrong. */
  async function play({ faults, passes, actions, closer }: Scene): Promise<string[]> {
    const speakers = { client: new Speaker("client"), server: new Speaker("server") };
    const ends: FaultTransport[] = [];
    const server = await serveWith(
      { port: 0, ...timeouts, ...speakers.server.handlers(false) },
      (options, accept) =>
        listen(options, (transport) => {
          const end = new FaultTransport(transport, faults.server);
          ends.push(end);
          accept(end);
        }),
    );
    let socket: Socket | undefined;
    let hasFailed = false;
    connectWith(
      `ws://127.0.0.1:${server.port}/`,
      { handshakeTimeout: 2 * patience, ...timeouts, ...speakers.client.handlers(false) },
      (target, progress) => {
        const onOpened = (transport: Transport) => {
          const end = new FaultTransport(transport, faults.client);
          ends.push(end);
          progress.opened(end);
        };
        return open(target, {
          signal: progress.signal,
          reached: (step) => progress.reached(step),
          opened: onOpened,
        });
      },
    ).then(
      (opened) => {
        socket = opened;
      },
      () => {
        hasFailed = true;
      },
    );
    const left = [...actions];
    const isOver = () =>
      (hasFailed || socket?.readyState === "closed") && server.clients.size === 0;
    const deadline = performance.now() + guard;
    for (let turn = 0; !isOver(); turn++) {
      if (performance.now() > deadline) return [`${stateOf(speakers, ends)} is still open`];
      await nextTurn();
      for (const end of ends) {
        end.passOutput(passes[turn % passes.length]);
        end.passInput(passes[turn % passes.length]);
      }
      if (socket === undefined) continue;
      const next = left.shift();
      if (next !== undefined) speakers[next[0]].act(next[1]);
      else finish(speakers, closer);
      // TCP alone ends a connection whose output is stuck, because the heartbeat waits behind it.
      if (performance.now() > deadline - guard + 6 * patience)
        for (const side of ["client", "server"] as const)
          if (faults[side].output?.kind === "stall") speakers[side].act({ do: "terminate" });
    }
    await server.close();
    return faultsOf(speakers);
  }
}

/** Lets everything come, and closes. Repeated, because a handler may be busy or pause again. */
function finish(speakers: Readonly<Record<Side, Speaker>>, closer: Side): void {
  for (const speaker of Object.values(speakers)) {
    speaker.free();
    speaker.act({ do: "resume" });
  }
  speakers[closer].act({ do: "close", statusCode: 1000 });
}

/** Describes what has not ended. */
function stateOf(speakers: Readonly<Record<Side, Speaker>>, ends: readonly FaultTransport[]) {
  const sides = Object.values(speakers).map(({ socket, side }) => `${side} ${socket?.readyState}`);
  return `${sides}, transports ${ends.map(({ isOver }) => (isOver ? "over" : "not over"))}`;
}

function faultsOf({ client, server }: Readonly<Record<Side, Speaker>>): string[] {
  const faults = [...client.faults, ...server.faults];
  for (const [sender, receiver] of [
    [client, server],
    [server, client],
  ] as const) {
    faults.push(...deliveryFaults(sender, receiver));
    if (sender.socket !== undefined && sender.closes.length !== 1)
      faults.push(`${sender.side}: ${sender.closes.length} close events`);
    if (receiver.received.length === sender.accepted.length) continue;
    if (receiver.closeInfo?.wasClean) faults.push(`${receiver.side}: a clean end with a loss`);
    if (sender.closeInfo?.wasClean && !receiver.closedFirst)
      faults.push(`${sender.side}: a clean end of the side that closed, with a loss`);
  }
  return faults;
}
