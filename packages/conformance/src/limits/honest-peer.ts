import { setTimeout as delay } from "node:timers/promises";
import { FrameWriter, opcodes } from "../frame-bytes.ts";
import type { RawPeer } from "../raw-peer.ts";
import { honestId } from "./actions.ts";
import { connectTo, httpAnswer, upgradeTo } from "./scene.ts";

const write = new FrameWriter("client");
/** Pause between two messages in milliseconds. */
const pause = 20;

/** A connection that keeps within all limits: it exchanges echoes until `check` is called. */
export class HonestPeer {
  private readonly peer: RawPeer;
  private readonly echoes: Promise<number>;
  private isOver = false;

  private constructor(peer: RawPeer) {
    this.peer = peer;
    this.echoes = this.exchange();
    // The promise is awaited later.
    this.echoes.catch(() => {});
  }

  static async open(port: number): Promise<HonestPeer> {
    const peer = await connectTo(port, "127.0.0.1");
    await peer.send(upgradeTo({ target: `/?id=${honestId}` }));
    const answer = await httpAnswer(peer);
    if (answer !== "101") throw new Error(`an honest connection was not opened: ${answer}`);
    return new HonestPeer(peer);
  }

  destroy(): void {
    this.peer.destroy();
  }

  /**
   * Ends the exchange after one more echo.
   *
   * @returns Number of echoes.
   * @throws Error if one did not come.
   */
  check(): Promise<number> {
    this.isOver = true;
    return this.echoes;
  }

  private async exchange(): Promise<number> {
    for (let number = 0; ; number++) {
      const isLast = this.isOver;
      const message = `message ${number}`;
      await this.peer.send(write.text(message));
      if ((await this.nextText()) !== message) {
        throw new Error(`an honest connection got no echo of ${message}`);
      }
      if (isLast) return number + 1;
      await delay(pause);
    }
  }

  /** Skips broadcasts. */
  private async nextText(): Promise<string | undefined> {
    for (;;) {
      const frame = await this.peer.takeFrame();
      if (frame === undefined) return undefined;
      if (frame.opcode === opcodes.text) return Buffer.from(frame.payload).toString();
      if (frame.opcode === opcodes.ping) await this.peer.send(write.pong(frame.payload));
      else if (frame.opcode !== opcodes.binary) return undefined;
    }
  }
}
