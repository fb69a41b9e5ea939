import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { acceptFor, httpHead } from "../../src/opening-handshake.ts";
import type { Attack } from "../instrument/attack.ts";
import { AttackingPeer } from "../instrument/attacking-peer.ts";
import type { Scene } from "../instrument/scene.ts";
import { idIn, newGroup, recording } from "./closing-peers.ts";
import { type Act, cutsOf, cutsOfFrames, type Ending, type Plan } from "./conversation.ts";
import { CutConnections } from "./cut-connections.ts";

const extension = "permessage-deflate; client_no_context_takeover; server_no_context_takeover";

/** The answer to the opening handshake of a client. */
export function answerTo(request: string, isCompressed: boolean): Uint8Array {
  const key = /^sec-websocket-key: (.*)\r$/im.exec(request)?.[1] ?? "";
  return httpHead(
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    ...(isCompressed ? [`Sec-WebSocket-Extensions: ${extension}`] : []),
  );
}

/** A server that ends the connections of the victim's clients as planned. */
export class CuttingServer {
  readonly port: number;
  private readonly server: Server;
  private readonly connections: CutConnections;
  private readonly plans = new Map<string, Plan>();
  private readonly waiting = new Map<string, PromiseWithResolvers<void>>();

  private constructor(server: Server, connections: CutConnections) {
    this.server = server;
    this.connections = connections;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket: Socket) => void this.serve(new AttackingPeer(socket)));
  }

  static async start(connections: CutConnections): Promise<CuttingServer> {
    const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CuttingServer(server, connections);
  }

  /** Expects a connection. The promise resolves when it has ended. */
  expect(plan: Plan): Promise<void> {
    this.plans.set(plan.id, plan);
    const waiting = Promise.withResolvers<void>();
    this.waiting.set(plan.id, waiting);
    return waiting.promise;
  }

  stop(): void {
    this.server.close();
  }

  private async serve(peer: AttackingPeer): Promise<void> {
    const request = (await peer.takeHead()) ?? "";
    const id = new URLSearchParams(/\?(.*) HTTP/.exec(request)?.[1]).get("id") ?? "";
    const plan = this.plans.get(id) as Plan;
    const { resolve, reject } = this.waiting.get(id) as PromiseWithResolvers<void>;
    try {
      const head = answerTo(request, plan.isCompressed);
      if (plan.cut >= 0) {
        await peer.send(head);
        await this.connections.play(peer, plan);
      } else {
        await peer.send(head.subarray(0, Math.max(0, head.length + plan.cut)));
        if (plan.ending === "resets") peer.reset();
        else {
          peer.end();
          await peer.ended();
        }
      }
      resolve();
    } catch (error) {
      reject(error);
    } finally {
      peer.destroy();
    }
  }
}

/** The query with which the victim connects. */
export function visitOf({ id, act, cut, isLater = false, isCompressed }: Plan, port: number) {
  return {
    port: String(port),
    id,
    ...(act === undefined ? {} : { act, at: String(cut) }),
    ...(isLater ? { later: "" } : {}),
    ...(isCompressed ? { compressed: "" } : {}),
  };
}

type Kind = Omit<Plan, "id" | "cut">;
const headLength = 240;

async function cutClients(scene: Scene, kinds: readonly Kind[]): Promise<void> {
  const part = newGroup();
  const connections = new CutConnections(scene, "server");
  const server = await CuttingServer.start(connections);
  const plans = kinds.flatMap((kind) => {
    const conversation = connections.conversationOf(kind);
    const cuts =
      kind.act === undefined
        ? cutsOf(conversation, kind.isCompressed ? headLength : 129, scene.isShort)
        : cutsOfFrames(conversation, scene.isShort);
    return cuts.map((cut) => ({ ...kind, cut }));
  });
  await scene.times(plans.length, async (index) => {
    const plan = { ...plans[index], id: idIn(part, index) };
    connections.add(plan);
    const ended = server.expect(plan);
    await scene.ask("/connect", visitOf(plan, server.port));
    await ended;
  });
  server.stop();
  await connections.check(part);
  scene.note("connections", plans.length);
}

const bothWays = [false, true];

function kindsOf(isShort: boolean): Kind[] {
  const ways: [Act | undefined, Ending[]][] = [
    [undefined, ["ends", "resets"]],
    ["close", ["answers", "ends", "resets"]],
    ["terminate", ["resets"]],
  ];
  const kinds = ways.flatMap(([act, endings]) =>
    endings.flatMap((ending) =>
      (act === undefined ? [false] : bothWays).flatMap((isLater) =>
        bothWays.map((isCompressed) => ({
          ...(act === undefined ? {} : { act }),
          ending,
          isLater,
          isCompressed,
        })),
      ),
    ),
  );
  return kinds.filter((_, index) => !isShort || index % 3 === 0);
}

/** Clients in the process of the server, whose connections end at every byte. */
export const closingClients: readonly Attack[] = [
  {
    name: "clients ended at every byte",
    group: "closing",
    about:
      "clients of the same process, whose servers end, reset or answer after each byte, and which close or terminate",
    setup: recording,
    thresholds: { memory: 96 },
    compares: false,
    run: (scene) => cutClients(scene, kindsOf(scene.isShort)),
  },
];
