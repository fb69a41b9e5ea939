import { setTimeout as delay } from "node:timers/promises";
import {
  type ConnectionCase,
  type Cut,
  type Ending,
  positions,
  type Script,
} from "./cases/connection-case.ts";
import { concat, FrameWriter, opcodes, type Role } from "./frame-bytes.ts";
import type { RawPeer } from "./raw-peer.ts";
import { endLine, receivedLine, type Transcript } from "./transcript.ts";

/** Cuts what is sent at once into the pieces that it is sent in. */
export type Cutter = (bytes: Uint8Array) => readonly Uint8Array[];

/** The ways of cutting that a case asks for: one connection for each. */
export function cutters(cut: Cut = "nowhere"): readonly Cutter[] {
  if (cut === "nowhere") return [(bytes) => [bytes]];
  if (cut === "everywhere") {
    return [(bytes) => positions(bytes.length).map((end) => bytes.subarray(end - 1, end))];
  }
  return cut.map((at) => (bytes) => [bytes.subarray(0, at), bytes.subarray(at)]);
}

/** The opening handshake as a script's peer sees it. */
export interface Opening {
  /** The request or the answer. */
  readonly send: Uint8Array;
  /** Takes what comes back before any frame. */
  answered(): Promise<void>;
}

/** Plays one case's script over a connection, and tells what came of it. */
export async function playCase(
  peer: RawPeer,
  opening: Opening,
  testCase: ConnectionCase,
  cutter: Cutter,
  subject: Role,
): Promise<Transcript> {
  const write = new FrameWriter(subject === "server" ? "client" : "server");
  const script = testCase.script(write);
  const player = new ScriptPlayer(peer, cutter, subject);
  await player.open(opening, testCase.joinedToHandshake === true ? script : undefined);
  await player.play(script, write);
  return player.lines;
}

class ScriptPlayer {
  readonly lines: string[] = [];
  private readonly peer: RawPeer;
  private readonly cutter: Cutter;
  private readonly subject: Role;
  /** A Close frame or the end has come. */
  private over = false;
  private sent = 0;

  constructor(peer: RawPeer, cutter: Cutter, subject: Role) {
    this.peer = peer;
    this.cutter = cutter;
    this.subject = subject;
  }

  /** @param script - Set when its first exchange's bytes are to follow the handshake in one piece. */
  async open(opening: Opening, script: Script | undefined): Promise<void> {
    if (script === undefined) {
      await this.peer.send(opening.send);
    } else {
      await this.send([opening.send, ...script.exchanges[0].send]);
      this.sent = 1;
    }
    await opening.answered();
  }

  async play(script: Script, write: FrameWriter): Promise<void> {
    for (const [index, { send, receive }] of script.exchanges.entries()) {
      if (index >= this.sent) await this.send(send);
      await this.take(receive.length);
      if (this.over) return;
    }
    await this.finish(
      script.ending ?? { how: "closed", send: [write.close(1000)], statusCode: 1000, reason: "" },
    );
  }

  private async finish(ending: Ending): Promise<void> {
    const { peer, subject } = this;
    await this.send(ending.send);
    if (ending.how === "cut off") {
      if (ending.by === "reset") {
        peer.reset();
        this.lines.push(endLine);
        return;
      }
      peer.end();
    }
    while (!this.over) await this.take(1);
    if (ending.how === "closed" && subject === "client") await this.endFirst();
    await this.takeEnd();
    peer.end();
  }

  /** RFC 6455 section 7.1.1: after a clean close the client waits for the server to end TCP. */
  private async endFirst(): Promise<void> {
    await delay(5);
    if (this.peer.inputEnd !== undefined) this.lines.push("the client ended TCP first");
    this.peer.end();
  }

  private send(bytes: readonly Uint8Array[]): Promise<void> {
    return this.peer.send(...this.cutter(concat(...bytes)));
  }

  /** Takes frames until there are so many, or until a Close frame or the end. */
  private async take(count: number): Promise<void> {
    for (let i = 0; i < count && !this.over; i++) {
      const frame = await this.peer.takeFrame();
      if (frame !== undefined) this.lines.push(receivedLine(frame));
      this.over = frame === undefined || frame.opcode === opcodes.close;
    }
  }

  /** After a Close frame nothing may come but the end. */
  private async takeEnd(): Promise<void> {
    const rest = await this.peer.takeAll();
    if (rest.length > 0)
      this.lines.push(`${rest.length} more bytes: ${rest.toString("hex", 0, 64)}`);
    this.lines.push(this.peer.inputEnd === "end" ? endLine : "reset of TCP");
  }
}
