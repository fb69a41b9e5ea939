import { once } from "node:events";
import { dropInput } from "../../src/attack/flood.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import { receivedLine } from "../../src/transcript.ts";

/** A raw peer that waits for an attacked server as long as the honest clients do. */
export class AttackingPeer extends RawPeer {
  protected override readonly patience = 15_000;

  /** Reads and discards all further input. */
  drop(): void {
    dropInput(this);
    this.socket.resume();
  }

  /** Writes, and waits until the operating system has taken everything or the connection ends. */
  async write(bytes: Uint8Array): Promise<void> {
    const { socket } = this;
    if (!socket.writable) return;
    if (socket.write(bytes)) return new Promise((resolve) => setImmediate(resolve));
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(this.patience)]);
    const drained = once(socket, "drain", { signal });
    await Promise.race([drained, once(socket, "close", { signal })]).catch(() => {});
    over.abort();
  }

  /** Returns the status of the next HTTP response, or how the connection ended. */
  async takeStatus(): Promise<string> {
    const head = await this.takeHead();
    return head === undefined ? `no answer, ${this.inputEnd}` : (head.split(" ")[1] ?? head);
  }

  /** Returns a line for the next frame, as in transcripts; or how the connection ended. */
  async takeLine(): Promise<string> {
    const frame = await this.takeFrame();
    return frame === undefined ? `no frame, ${this.inputEnd}` : receivedLine(frame);
  }

  /** Returns the status code of the next Close frame. Skips other frames. */
  async takeCloseCode(): Promise<number | string> {
    for (;;) {
      const frame = await this.takeFrame();
      if (frame === undefined) return `no Close frame, ${this.inputEnd}`;
      if (frame.opcode === 8) return (frame.payload[0] << 8) | frame.payload[1];
    }
  }
}
