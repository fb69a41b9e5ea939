import type { CloseResult } from "@framewright/websocket";
import type { RawPeer } from "../../src/raw-peer.ts";
import type { Attack } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";
import { headOf, idIn, newGroup, openPlanned, recording } from "./closing-peers.ts";
import { cutsOf, type Ending, type Plan } from "./conversation.ts";
import { CutConnections } from "./cut-connections.ts";

/** Time that peers have to answer, in milliseconds: those that are silent do not use it. */
const longTimeout = 15_000;
const shortTimeout = 200;

/**
 * Closes a server that has a connection at every byte of a conversation. All of them answer, end or
 * reset when the Close frame has come, or stay silent.
 */
async function closeServer(
  scene: Scene,
  ending: Ending | "silent",
  iterates: boolean,
): Promise<number> {
  const { port } = await scene.ask<{ port: number }>("/listen", iterates ? { iterates: "" } : {});
  const part = newGroup();
  const connections = new CutConnections(scene, "client");
  // A silent peer's connection ends as if it were reset: without its Close frame.
  const kind = {
    ending: ending === "silent" ? ("resets" as const) : ending,
    isCompressed: false,
    isServerClosing: true,
  };
  const conversation = connections.conversationOf(kind);
  const { length } = headOf({ ...kind, id: idIn(part, 0), cut: 0 });
  const cuts = cutsOf(conversation, length, scene.isShort).filter(
    (cut) => cut < conversation.length,
  );
  const opened: { peer: RawPeer; plan: Plan }[] = [];
  await scene.times(cuts.length, async (index) => {
    const plan: Plan = { ...kind, id: idIn(part, index), cut: cuts[index] };
    connections.add(plan);
    if (plan.cut < 0) return sendHalf(scene, port, plan);
    const peer = await openPlanned(scene, port, plan);
    if (peer === undefined) return;
    await peer.send(conversation.bytes.subarray(0, plan.cut));
    opened.push({ peer, plan });
  });
  const timeout = ending === "silent" ? shortTimeout : longTimeout;
  const closing = scene.ask<CloseResult>("/close", { port: `${port}`, timeout: `${timeout}` });
  await Promise.all(
    opened.map(async ({ peer, plan }) => {
      await connections.awaitClose(peer, plan);
      if (ending === "silent") await peer.ended();
      else if (ending === "answers") await connections.answer(peer, { ...plan, act: "close" });
      else if (ending === "ends") {
        peer.end();
        await peer.ended();
      } else peer.reset();
      peer.destroy();
    }),
  );
  const isSilent = ending === "silent";
  scene.expect(`server.close with peers that are ${ending}`, await closing, {
    closed: isSilent ? 0 : opened.length,
    terminated: isSilent ? opened.length : 0,
  });
  await connections.check(part);
  const refused = await scene.connect(port).then(
    () => "connected",
    () => "refused",
  );
  scene.expect("a new connection after server.close", refused, "refused");
  return cuts.length;
}

/** Sends a part of a head. The server ends the connection when it closes. */
async function sendHalf(scene: Scene, port: number, plan: Plan): Promise<void> {
  const peer = await scene.connect(port);
  await peer.send(headOf(plan).subarray(0, plan.cut));
}

async function closeServers(scene: Scene): Promise<void> {
  let count = 0;
  for (const [index, ending] of (["answers", "ends", "resets", "silent"] as const).entries()) {
    const consumers = scene.isShort ? [index % 2 === 0] : [false, true];
    for (const iterates of consumers) count += await closeServer(scene, ending, iterates);
  }
  scene.note("connections", count);
}

/** Servers beside the one under attack that close. */
export const closingServers: readonly Attack[] = [
  {
    name: "server.close at every byte",
    group: "closing",
    about:
      "a server of the same process closes with a connection at each byte; the peers answer, end, reset or are silent",
    setup: recording,
    thresholds: { memory: 96 },
    compares: false,
    run: closeServers,
  },
];
