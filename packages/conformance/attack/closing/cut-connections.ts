import { setTimeout as delay } from "node:timers/promises";
import { opcodes } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import type { Scene } from "../instrument/scene.ts";
import type { ConnectionRecord } from "../victims/connection-records.ts";
import { Conversation, nameOf, type Plan } from "./conversation.ts";

/** How long a victim may take until every connection has its close event, in milliseconds. */
const patience = 20_000;

/** One end of conversations, of which the victim is the other one. */
export class CutConnections {
  private readonly scene: Scene;
  private readonly plain: Conversation;
  private readonly compressed: Conversation;
  private readonly isServer: boolean;
  private readonly plans = new Map<string, Plan>();

  constructor(scene: Scene, role: "client" | "server") {
    this.scene = scene;
    this.isServer = role === "server";
    this.plain = new Conversation(role, false);
    this.compressed = new Conversation(role, true);
  }

  conversationOf({ isCompressed }: Pick<Plan, "isCompressed">): Conversation {
    return isCompressed ? this.compressed : this.plain;
  }

  add(plan: Plan): void {
    this.plans.set(plan.id, plan);
  }

  /** Sends the frames up to the cut and ends as planned. The opening handshake is done. */
  async play(peer: RawPeer, plan: Plan): Promise<void> {
    const { bytes } = this.conversationOf(plan);
    await peer.send(bytes.subarray(0, plan.cut));
    if (plan.act === "terminate") await peer.ended();
    else if (plan.act === "close") await this.awaitClose(peer, plan);
    if (plan.ending === "answers") await this.answer(peer, plan);
    else if (plan.ending === "ends") {
      peer.end();
      await peer.ended();
    } else {
      // What was sent should be read first, but need not be.
      await delay(2);
      peer.reset();
    }
    peer.destroy();
  }

  /** Sends what is left behind the cut, and waits for the end of TCP, which the server begins. */
  async answer(peer: RawPeer, plan: Plan): Promise<void> {
    await peer.send(this.conversationOf(plan).bytes.subarray(plan.cut));
    if (this.isServer) peer.end();
    // Before its Close frame the victim may write what it had to say.
    if (plan.act === undefined) await peer.ended();
    else {
      const rest = await peer.takeAll();
      const what = `${nameOf(plan)}: bytes after the Close frame`;
      this.scene.expect(what, rest.toString("hex"), "");
    }
    peer.end();
  }

  /** Skips frames up to the Close frame. */
  async awaitClose(peer: RawPeer, plan: Plan): Promise<void> {
    for (;;) {
      const frame = await peer.takeFrame();
      if (frame?.opcode === opcodes.close) return;
      if (frame === undefined) return this.scene.expect(nameOf(plan), "the end", "a Close frame");
    }
  }

  /** Waits until every connection that was opened has ended, and checks all records. */
  async check(group: string): Promise<void> {
    const plans = [...this.plans.values()].filter(({ id }) => id.startsWith(group));
    const deadline = performance.now() + patience;
    for (;;) {
      const records = await this.scene.ask<ConnectionRecord[]>("/records", { group });
      const faults = this.faultsOf(plans, records);
      if (faults.length > 0 && performance.now() < deadline) {
        await delay(50);
        continue;
      }
      this.scene.faults.push(...faults);
      return;
    }
  }

  faultsOf(plans: readonly Plan[], records: readonly ConnectionRecord[]): string[] {
    const byId = new Map(records.map((record) => [record.id, record]));
    return plans.flatMap((plan) => this.conversationOf(plan).faultsOf(plan, byId.get(plan.id)));
  }
}
