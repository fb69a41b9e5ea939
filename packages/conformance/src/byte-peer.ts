import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type ReceivedFrame, readFrame } from "./frame-bytes.ts";

/** Interval between two pieces in milliseconds, enough for the peer to read each separately. */
const pieceInterval = 2;

/** One end of a connection of any kind that sends given bytes and examines the received ones. */
export abstract class BytePeer<Stream extends Duplex = Duplex> {
  /** How the peer's direction has ended, if it has. */
  inputEnd: "end" | "reset" | undefined = undefined;
  readonly socket: Stream;
  /**
   * Maximum wait for expected bytes, in milliseconds. It is less than the 5 seconds after which a
   * socket under test gives up: such a late end is not part of the closing handshake.
   */
  protected readonly patience: number = 4_000;
  private chunks: Buffer[] = [];
  private available = 0;
  private wake: (() => void) | undefined = undefined;

  constructor(socket: Stream) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.chunks.push(chunk);
      this.available += chunk.length;
      this.wake?.();
    });
    socket.on("end", () => this.noteEnd(this.wasReset ? "reset" : "end"));
    socket.on("error", () => this.noteEnd("reset"));
    socket.on("close", () => this.noteEnd("reset"));
  }

  /** Sends pieces, far enough apart for the peer to read them one by one. */
  async send(...pieces: readonly Uint8Array[]): Promise<void> {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await delay(pieceInterval);
      if (piece.length > 0 && this.socket.writable) this.socket.write(piece);
    }
  }

  /** Ends this side's direction. */
  end(): void {
    this.socket.end();
  }

  /** Ends both directions at once, so that the peer notices it as a failure. */
  abstract reset(): void;

  /** Whether the peer ended both directions at once, for streams that also emit `end` then. */
  protected get wasReset(): boolean {
    return false;
  }

  /** Destroys the connection. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Returns exactly this many bytes, or undefined if the peer ends before. */
  async take(length: number): Promise<Buffer | undefined> {
    await this.waitFor(() => this.available >= length, `${length} bytes`);
    if (this.available < length) return undefined;
    if (length === 0) return Buffer.alloc(0);
    const [first] = this.chunks;
    const all = first.length >= length ? first : Buffer.concat(this.chunks);
    const rest = first.length >= length ? this.chunks.slice(1) : [];
    this.chunks = all.length > length ? [all.subarray(length), ...rest] : rest;
    this.available -= length;
    return all.subarray(0, length);
  }

  /** Returns an HTTP head including its empty line, or undefined if the peer ends before. */
  async takeHead(): Promise<string | undefined> {
    let head = "";
    while (!head.endsWith("\r\n\r\n")) {
      const byte = await this.take(1);
      if (byte === undefined) return undefined;
      head += byte.toString("latin1");
    }
    return head;
  }

  /** Returns the next frame, or undefined if the peer ends before it is complete. */
  takeFrame(): Promise<ReceivedFrame | undefined> {
    return readFrame((length) => this.take(length));
  }

  /** Returns all bytes until the peer ends. */
  async takeAll(): Promise<Buffer> {
    await this.ended();
    return (await this.take(this.available)) as Buffer;
  }

  /** Waits until the peer has ended its direction. */
  ended(): Promise<void> {
    return this.waitFor(() => false, "the end");
  }

  private noteEnd(how: "end" | "reset"): void {
    this.inputEnd ??= how;
    this.wake?.();
  }

  private async waitFor(isThere: () => boolean, what: string): Promise<void> {
    while (!isThere() && this.inputEnd === undefined) {
      await new Promise<void>((resolve, reject) => {
        const got = this.available;
        const timer = setTimeout(
          () => reject(new Error(`timed out waiting for ${what} with ${got} bytes available`)),
          this.patience,
        );
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
