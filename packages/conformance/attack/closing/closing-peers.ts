import { upgradeTo } from "../../src/attack/attacked-server.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import type { Attack } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";
import { type Act, cutsOf, cutsOfFrames, type Ending, type Plan } from "./conversation.ts";
import { CutConnections } from "./cut-connections.ts";

const group = "closing";
export const recording = {
  script: "recording",
  options: { compression: { threshold: 0 }, closeTimeout: 10_000 },
};
let groups = 0;

/** Returns the start of ids that no other part of the attacks uses. */
export function newGroup(): string {
  return `g${String(groups++).padStart(4, "0")}-`;
}

/** The opening handshake of a planned connection. */
export function headOf({ id, act, cut, isLater = false, isCompressed }: Plan): Uint8Array {
  const query = {
    id,
    ...(act === undefined ? {} : { act, at: String(cut) }),
    ...(isLater ? { later: "" } : {}),
  };
  return upgradeTo(query, ...(isCompressed ? [offer] : []));
}

const offer =
  "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover";

/** Ids have the same length, so that all heads of a group have the same length too. */
export function idIn(part: string, index: number): string {
  return `${part}${String(index).padStart(5, "0")}`;
}

/** Opens a connection as planned. Returns undefined if its head was cut and it has ended. */
export async function openPlanned(
  scene: Scene,
  port: number,
  plan: Plan,
): Promise<RawPeer | undefined> {
  const peer = await scene.connect(port);
  const head = headOf(plan);
  if (plan.cut >= 0) {
    await peer.send(head);
    // There is none if the application terminates the connection as soon as it is open.
    await peer.takeHead();
    return peer;
  }
  await peer.send(head.subarray(0, plan.cut));
  if (plan.ending === "resets") peer.reset();
  else {
    peer.end();
    await peer.ended();
  }
  peer.destroy();
  return undefined;
}

/** Cuts conversations with the server on a port. */
async function cutAll(scene: Scene, port: number, kinds: readonly Kind[]): Promise<number> {
  const part = newGroup();
  const connections = new CutConnections(scene, "client");
  const plans = kinds.flatMap((kind) => {
    const conversation = connections.conversationOf(kind);
    const { length } = headOf({ ...kind, id: idIn(part, 0), cut: 0 });
    const cuts =
      kind.act === undefined
        ? cutsOf(conversation, length, scene.isShort)
        : cutsOfFrames(conversation, scene.isShort);
    return cuts.map((cut) => ({ ...kind, cut }));
  });
  await scene.times(plans.length, async (index) => {
    const plan = { ...plans[index], id: idIn(part, index) };
    connections.add(plan);
    const peer = await openPlanned(scene, port, plan);
    if (peer !== undefined) await connections.play(peer, plan);
  });
  await connections.check(part);
  return plans.length;
}

type Kind = Omit<Plan, "id" | "cut">;

const bothWays = [false, true];

/** The peer ends TCP at every byte, of servers with a handler and with loops. */
async function endByPeer(scene: Scene): Promise<void> {
  const { port } = await scene.ask<{ port: number }>("/listen", { iterates: "" });
  const kinds = bothWays.flatMap((isCompressed) =>
    (["ends", "resets"] as const).map((ending) => ({ isCompressed, ending })),
  );
  const counts = [await cutAll(scene, scene.port, kinds), await cutAll(scene, port, kinds)];
  await scene.ask("/close", { port: String(port), timeout: "10000" });
  scene.note("connections", counts[0] + counts[1]);
}

/** The application ends the connection at every byte, and the peer goes on in three ways. */
async function endByApplication(scene: Scene): Promise<void> {
  const endings: Ending[] = ["answers", "ends", "resets"];
  const acts: [Act, Ending[]][] = [
    ["close", endings],
    ["terminate", ["resets"]],
  ];
  const kinds = acts.flatMap(([act, ways]) =>
    ways.flatMap((ending) =>
      bothWays.flatMap((isLater) =>
        bothWays.map((isCompressed) => ({ act, ending, isLater, isCompressed })),
      ),
    ),
  );
  // In the short form each way to go on is played compressed or plain.
  const chosen = kinds.filter((_, index) => !scene.isShort || index % 3 === 0);
  scene.note("connections", await cutAll(scene, scene.port, chosen));
}

/** Clients of the server under attack whose connections end at every byte. */
export const closingPeers: readonly Attack[] = [
  {
    name: "ended by the peer at every byte",
    group,
    about: "clients end or reset TCP after each byte of a conversation, plain and compressed",
    setup: recording,
    thresholds: { memory: 96 },
    compares: false,
    run: endByPeer,
  },
  {
    name: "ended by the application at every byte",
    group,
    about: "the application closes or terminates after each byte; the peer answers, ends or resets",
    setup: recording,
    thresholds: { memory: 96 },
    compares: false,
    run: endByApplication,
  },
];
