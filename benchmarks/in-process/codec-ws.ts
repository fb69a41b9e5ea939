/** Benchmarks the Receiver and the Sender of `ws`. The Sender writes to a stand-in for a socket. */
import { createRequire } from "node:module";
import type { Writable } from "node:stream";
import { fail } from "../instrument/child.ts";
import { makeData, makeInput, options, type Step, serveSteps } from "./codec-work.ts";

interface SendOptions {
  binary: boolean;
  mask: boolean;
  fin: boolean;
  compress: boolean;
}

/** Missing in @types/ws. */
const { Receiver, Sender } = createRequire(import.meta.url)("ws") as {
  Receiver: new (options: { isServer: boolean }) => Writable;
  Sender: new (
    socket: unknown,
    extensions: object,
  ) => { send(data: string | Uint8Array, options: SendOptions): void };
};

/** Pieces of at least this many bytes are written separately, by ws as well as by ours. */
const joinBelow = 16_384;
const burstLength = 65_536;
const { direction, masked, kind } = options;

function decoding(chunks: readonly Uint8Array[], messages: number): Step {
  const receiver = new Receiver({ isServer: masked });
  let length = 0;
  let count = 0;
  receiver.on("error", fail);
  receiver.on("message", (data: Buffer, isBinary: boolean) => {
    // Convert text to a string, as every other contender does.
    length += isBinary ? data.length : data.toString().length;
    count++;
  });
  return () => {
    count = 0;
    for (const chunk of chunks) receiver.write(chunk);
    if (count !== messages) fail(`decoded ${count} messages instead of ${messages}`);
    return length;
  };
}

/** A stand-in for a socket that keeps all writes until `take` is called. */
class Pieces {
  length = 0;
  private pieces: (string | Uint8Array)[] = [];

  cork(): void {}

  uncork(): void {}

  write(piece: string | Uint8Array): boolean {
    this.length += typeof piece === "string" ? Buffer.byteLength(piece) : piece.length;
    this.pieces.push(piece);
    return true;
  }

  /**
   * Joins the pieces into one buffer unless one of them is large. Returns their length in bytes.
   */
  take(): number {
    const { pieces, length } = this;
    this.pieces = [];
    this.length = 0;
    if (length === 0) return 0;
    if (pieces.some((piece) => piece.length >= joinBelow)) return pieces.reduce(addLength, 0);
    const joined = Buffer.allocUnsafe(length);
    let end = 0;
    for (const piece of pieces) {
      if (typeof piece === "string") end += joined.write(piece, end);
      else {
        joined.set(piece, end);
        end += piece.length;
      }
    }
    return end;
  }
}

/** Encodes strings, which are still to be converted to bytes. */
function addLength(sum: number, piece: string | Uint8Array): number {
  return sum + (typeof piece === "string" ? Buffer.from(piece) : piece).length;
}

function encoding(data: string | Uint8Array, messages: number): Step {
  const pieces = new Pieces();
  const sender = new Sender(pieces, {});
  const sending = { binary: kind === "binary", mask: masked, fin: true, compress: false };
  return () => {
    let written = 0;
    for (let i = 0; i < messages; i++) {
      sender.send(data, sending);
      if (pieces.length >= burstLength) written += pieces.take();
    }
    return written + pieces.take();
  };
}

const { chunks, messages } = makeInput();
serveSteps(
  direction === "decode" ? decoding(chunks, messages) : encoding(makeData(), messages),
  messages,
);
