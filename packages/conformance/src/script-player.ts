import { setTimeout as delay } from "node:timers/promises";
import type { BytePeer } from "./byte-peer.ts";
import {
  type ConnectionCase,
  type Cut,
  type Ending,
  positions,
  type Script,
} from "./cases/connection-case.ts";
import { concat, FrameWriter, opcodes, type Role } from "./frame-bytes.ts";
import { endLine, receivedLine, type Transcript } from "./transcript.ts";

/** Splits bytes into the pieces in which they are sent. */
export type Cutter = (bytes: Uint8Array) => readonly Uint8Array[];

/** Returns a case's ways of splitting, each for its own connection. */
export function cutters(cut: Cut = "nowhere"): readonly Cutter[] {
  if (cut === "nowhere") return [(bytes) => [bytes]];
  if (cut === "everywhere") {
    return [(bytes) => positions(bytes.length).map((end) => bytes.subarray(end - 1, end))];
  }
  return cut.map((at) => (bytes) => [bytes.subarray(0, at), bytes.subarray(at)]);
}

/** The opening handshake from the peer's side. */
export interface Opening {
  /** The request or the response to send. */
  readonly send: Uint8Array;
  /** Reads what comes back before any frame. */
  answered(): Promise<void>;
}

/** Plays a case's script over a connection and returns what the subject sent. */
export async function playCase(
  peer: BytePeer,
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
  private readonly peer: BytePeer;
  private readonly cutter: Cutter;
  private readonly subject: Role;
  /** Whether a Close frame or the end has been received. */
  private over = false;
  private sent = 0;

  constructor(peer: BytePeer, cutter: Cutter, subject: Role) {
    this.peer = peer;
    this.cutter = cutter;
    this.subject = subject;
  }

  /** @param script - Set if its first exchange's bytes must follow the handshake in one piece. */
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

  /** After a clean close, the client waits for the server to end TCP (RFC 6455 section 7.1.1). */
  private async endFirst(): Promise<void> {
    await delay(5);
    if (this.peer.inputEnd !== undefined) this.lines.push("the client ended TCP first");
    this.peer.end();
  }

  private send(bytes: readonly Uint8Array[]): Promise<void> {
    return this.peer.send(...this.cutter(concat(...bytes)));
  }

  /** Reads `count` frames, or fewer if a Close frame or the end arrives. */
  private async take(count: number): Promise<void> {
    for (let i = 0; i < count && !this.over; i++) {
      const frame = await this.peer.takeFrame();
      if (frame !== undefined) this.lines.push(receivedLine(frame));
      this.over = frame === undefined || frame.opcode === opcodes.close;
    }
  }

  /** After a Close frame, nothing but the end may follow. */
  private async takeEnd(): Promise<void> {
    const rest = await this.peer.takeAll();
    if (rest.length > 0)
      this.lines.push(`${rest.length} more bytes: ${rest.toString("hex", 0, 64)}`);
    this.lines.push(this.peer.inputEnd === "end" ? endLine : "reset of TCP");
  }
}
