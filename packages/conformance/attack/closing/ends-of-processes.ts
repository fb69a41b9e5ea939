import { runScriptFromSource, runtimeNamed } from "../../src/runtimes.ts";
import { askServer } from "../instrument/ask-server.ts";
import type { Attack } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";
import type { ConnectionRecord } from "../victims/connection-records.ts";
import { CuttingServer, visitOf } from "./closing-clients.ts";
import { headOf, idIn, newGroup, openPlanned } from "./closing-peers.ts";
import { cutsOf, type Ending, type Plan } from "./conversation.ts";
import { CutConnections } from "./cut-connections.ts";

/** How long the process may take to end by itself, in milliseconds. */
const patience = 20_000;
/** A timer that is left behind keeps the process for longer than that. In milliseconds. */
const long = 120_000;
const options = {
  compression: { threshold: 0 },
  closeTimeout: long,
  handshakeTimeout: long,
  idleTimeout: long,
  maxLifetime: long,
  heartbeat: { interval: 100, timeout: long },
};

/** What the process prints when its server has closed. */
interface Farewell {
  readonly records: readonly ConnectionRecord[];
  readonly errors: readonly string[];
}

/**
 * Brings connections of a server and of clients to every byte of a conversation, ends a third of
 * them there each way and leaves the others, and closes the server.
 */
async function endProcess(scene: Scene): Promise<void> {
  const script = "packages/conformance/attack/victims/recording.ts";
  const args = [JSON.stringify({ options }), "leaves"];
  const subject = runScriptFromSource(runtimeNamed(scene.runtime), script, args);
  const exited = subject.exited;
  try {
    const port = Number(/:(\d+)$/.exec(await subject.line(0))?.[1]);
    const clients = await occupyServer(scene, port);
    const servers = await occupyClients(scene, port);
    process.kill(subject.pid, "SIGTERM");
    const { records, errors } = JSON.parse(await subject.line(1)) as Farewell;
    const timer = setTimeout(() => void subject.stop("SIGKILL"), patience);
    scene.expect("the process ended by itself with", await exited, 0);
    clearTimeout(timer);
    scene.expect("errors of the process", errors, []);
    scene.expect("its standard error", subject.standardError, "");
    for (const { connections, plans } of [clients, servers])
      scene.faults.push(...connections.faultsOf(plans, records));
    scene.note("connections", records.length);
  } finally {
    await subject.stop("SIGKILL");
  }
}

const endings: readonly Ending[] = ["ends", "resets"];

/** Plans every cut: each third ends, is reset, or stays open. */
function plansFor(connections: CutConnections, part: string, headLength: number, isShort: boolean) {
  const kind = { isCompressed: false };
  const cuts = cutsOf(connections.conversationOf(kind), headLength, isShort);
  return cuts.map((cut, index) => {
    // What stays open ends as if it were reset.
    const plan: Plan = {
      ...kind,
      cut,
      id: idIn(part, index),
      ending: endings[index % 3] ?? "resets",
    };
    connections.add(plan);
    return { plan, staysOpen: index % 3 === 2 };
  });
}

async function occupyServer(scene: Scene, port: number) {
  const connections = new CutConnections(scene, "client");
  const part = newGroup();
  const { length } = headOf({ id: idIn(part, 0), cut: 0, isCompressed: false, ending: "ends" });
  const plans = plansFor(connections, part, length, scene.isShort);
  await scene.times(plans.length, async (index) => {
    const { plan, staysOpen } = plans[index];
    if (staysOpen && plan.cut < 0) {
      const peer = await scene.connect(port);
      return peer.send(headOf(plan).subarray(0, plan.cut));
    }
    const peer = await openPlanned(scene, port, plan);
    if (peer === undefined) return;
    if (staysOpen) return peer.send(connections.conversationOf(plan).bytes.subarray(0, plan.cut));
    return connections.play(peer, plan);
  });
  return { connections, plans: plans.map(({ plan }) => plan) };
}

async function occupyClients(scene: Scene, port: number) {
  const connections = new CutConnections(scene, "server");
  const part = newGroup();
  const server = await CuttingServer.start(connections);
  const plans = plansFor(connections, part, 129, scene.isShort).map(({ plan }) => plan);
  await scene.times(plans.length, async (index) => {
    const ended = server.expect(plans[index]);
    await askServer(port, "/connect", visitOf(plans[index], server.port));
    await ended;
  });
  server.stop();
  return { connections, plans };
}

/** Processes of their own that must end by themselves. */
export const endsOfProcesses: readonly Attack[] = [
  {
    name: "the end of a process",
    group: "closing",
    about:
      "a process with a server and clients whose connections were cut or left at each byte closes the server and must end by itself",
    thresholds: { memory: 96 },
    compares: false,
    run: endProcess,
  },
];
