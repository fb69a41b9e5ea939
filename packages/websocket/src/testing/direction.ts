import { copyBytes } from "@framewright/codec/internal";
import { checkInteger, checkKeys, optionError } from "../options/option-values.ts";
import { globals } from "../runtime/globals.ts";
import { nextTurn, recordActivity } from "./settle.ts";

/**
 * What happens to a direction after some bytes.
 *
 * - "end": the direction ends there, as if the sender had ended it.
 * - "reset": both directions fail, as if the peer's machine had reset the connection.
 * - "silence": further bytes are lost and nobody is told, as behind a cable that was cut.
 * - "stall": further bytes wait, as if the receiver had stopped reading. `release` lets them go on.
 */
export type CutKind = "end" | "reset" | "silence" | "stall";

/** Where a direction is cut, and how. */
export interface Cut {
  /** Number of bytes of the direction that still arrive, the opening handshake included. */
  readonly after: number;
  readonly kind: CutKind;
}

/** How bytes move in one direction of a connection. By default as they were written, at once. */
export interface DirectionOptions {
  /**
   * Lengths in bytes of the chunks that arrive, 1 to 2^53 - 1 each, repeated over and over. What was
   * written is split and joined to fit; the last chunk may be shorter. `[1]` delivers every byte
   * alone. Default: chunks arrive as they were written.
   */
  readonly chunks?: readonly number[];
  /** Time in milliseconds from the write until the bytes arrive, 0 to 2^31 - 1. Default 0. */
  readonly latency?: number;
  /** Default: never. */
  readonly cut?: Cut;
  /**
   * Number of bytes that wait for the receiver before the sender is told to wait, 1 to 2^53 - 1, as
   * the buffers of the operating system. Default: no limit.
   */
  readonly bufferSize?: number;
}

/** What a direction tells the end that reads from it. */
export interface Reader {
  readonly isPaused: boolean;
  receive(bytes: Uint8Array): void;
  ended(): void;
  /** The direction has failed, and with it the connection. */
  failed(error: Error): void;
}

interface Written {
  bytes: Uint8Array;
  readonly time: number;
}

/** Deliveries after which the event loop gets a turn, so that an endless echo cannot block it. */
const deliveriesPerTurn = 1_000;
let deliveries = 0;

/** Calls back in a microtask, or in the next turn when this one has had its share. */
function deliverSoon(deliver: () => void): void {
  if (deliveries++ === 0) {
    nextTurn(() => {
      deliveries = 0;
    });
  }
  if (deliveries < deliveriesPerTurn) globals.queueMicrotask(deliver);
  else nextTurn(deliver);
}

/** The error of a connection that was reset, with the code of the operating system. */
export function resetError(): Error {
  return Object.assign(new Error("the connection was reset"), { code: "ECONNRESET" });
}

/** One direction of a connection in memory: the bytes on their way from one end to the other. */
export class Direction {
  /** The number of bytes that were written. */
  writtenLength = 0;
  /** The number of bytes that have arrived. */
  deliveredLength = 0;
  /** Called when the direction takes bytes again after a partial write. Set by the writing end. */
  whenDrained: () => void = () => {};
  /** Time in milliseconds from the write until the bytes arrive. */
  readonly latency: number;
  private readonly chunks: readonly number[];
  private readonly bufferSize: number;
  private cut: Cut | undefined;
  private readonly reader: Reader;
  private readonly queue: Written[] = [];
  private queuedLength = 0;
  private chunkCount = 0;
  /** How many bytes may still arrive. */
  private allowance = Number.POSITIVE_INFINITY;
  private isFull = false;
  private isLost = false;
  private isScheduled = false;
  /** Undefined until the direction is ended or fails. */
  private end: { readonly time: number; readonly error: Error | undefined } | undefined = undefined;
  /** Whether the reading end has got the end of the direction, or is gone. */
  private isOver = false;

  /**
   * @throws TypeError or RangeError for an invalid option.
   */
  constructor(options: DirectionOptions, reader: Reader) {
    checkKeys("toServer or toClient", options, ["chunks", "latency", "bufferSize", "cut"]);
    const { chunks = [], latency = 0, bufferSize = Number.MAX_SAFE_INTEGER, cut } = options;
    const most = Number.MAX_SAFE_INTEGER;
    if (!Array.isArray(chunks)) throw optionError("chunks", chunks, "an array of lengths");
    for (const length of chunks) checkInteger("chunks", length, 1, most);
    this.chunks = [...chunks];
    this.latency = checkInteger("latency", latency, 0, 2 ** 31 - 1);
    this.bufferSize = checkInteger("bufferSize", bufferSize, 1, most);
    this.cut = cut === undefined ? undefined : checkCut(cut);
    this.reader = reader;
  }

  /** Number of bytes that have been written and have not arrived. */
  get waitingLength(): number {
    return this.queuedLength;
  }

  /** Whether the reading end is gone and the writing end can learn it. */
  get isBroken(): boolean {
    return this.isOver && !this.isLost;
  }

  /** Lets nothing more arrive until `release`. What is written meanwhile waits. */
  hold(): void {
    this.allowance = 0;
  }

  /** Lets everything arrive again, after `hold`, `pass` or the cut "stall". */
  release(): void {
    this.pass(Number.POSITIVE_INFINITY);
  }

  /** Lets up to `length` more bytes arrive, waiting or written later, and then nothing until `release`. */
  pass(length: number): void {
    this.allowance = length;
    if (this.isCut && this.cut?.kind === "stall") this.cut = undefined;
    this.deliverLater();
  }

  /** Loses the bytes that wait and all further ones. Nobody is told. */
  lose(): void {
    this.isLost = true;
    this.queue.length = this.queuedLength = 0;
    this.reportDrained();
  }

  /** Called by the writing end. Returns how many bytes were taken. */
  write(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.bufferSize - this.queuedLength);
    this.writtenLength += taken;
    this.isFull = taken < bytes.length;
    if (taken === 0 || this.isLost || this.end !== undefined) return taken;
    this.queue.push({ bytes: copyBytes(bytes, 0, taken), time: this.arrivalTime });
    this.queuedLength += taken;
    this.deliverLater();
    return taken;
  }

  /** Called by the writing end, when it writes nothing more or is gone. */
  finish(error?: Error): void {
    if (this.end !== undefined || this.isLost) return;
    this.end = { time: this.arrivalTime, error };
    this.deliverLater();
  }

  /** Fails at once: what has not arrived is lost. */
  fail(error: Error): void {
    if (this.isOver) return;
    this.queue.length = this.queuedLength = 0;
    this.tellEnd(error);
  }

  /** Called by the reading end, when it reads again. */
  resume(): void {
    this.deliverLater();
  }

  /** Called by the reading end when it is destroyed: nothing arrives any more. */
  close(): void {
    this.isOver = true;
    this.queue.length = this.queuedLength = 0;
  }

  private get arrivalTime(): number {
    return this.latency === 0 ? 0 : globals.performance.now() + this.latency;
  }

  private deliverLater(): void {
    if (this.isScheduled || this.isOver) return;
    const time = this.queue[0]?.time ?? (this.isCut ? 0 : this.end?.time);
    if (time === undefined) return;
    this.isScheduled = true;
    const delay = time === 0 ? 0 : time - globals.performance.now();
    if (delay > 0) globals.setTimeout(this.deliver, Math.ceil(delay), undefined);
    else deliverSoon(this.deliver);
  }

  private readonly deliver = (): void => {
    this.isScheduled = false;
    recordActivity();
    while (this.deliverNext());
  };

  /** Delivers a chunk, the cut or the end. Returns whether to go on at once. */
  private deliverNext(): boolean {
    if (this.isOver || this.reader.isPaused || this.allowance <= 0) return false;
    if (this.isCut) this.applyCut((this.cut as Cut).kind);
    else if (this.queue.length > 0) return this.deliverChunk();
    else if (this.end !== undefined) this.deliverEnd(this.end);
    return false;
  }

  private get isCut(): boolean {
    return this.cut !== undefined && this.deliveredLength >= this.cut.after;
  }

  private deliverChunk(): boolean {
    const left = (this.cut?.after ?? Number.POSITIVE_INFINITY) - this.deliveredLength;
    const chunk = this.take(Math.min(this.chunkLength, left, this.allowance));
    if (chunk.length === 0) {
      this.deliverLater();
      return false;
    }
    this.chunkCount++;
    this.allowance -= chunk.length;
    this.deliveredLength += chunk.length;
    this.reader.receive(chunk);
    // The bytes are borrowed only during the call: a runtime may reuse their memory.
    chunk.fill(0xee);
    this.reportDrained();
    return true;
  }

  /** The maximum length of the next chunk. */
  private get chunkLength(): number {
    const { chunks, queue } = this;
    return chunks.length === 0 ? queue[0].bytes.length : chunks[this.chunkCount % chunks.length];
  }

  /** Takes up to `limit` bytes, but none that are still on their way. */
  private take(limit: number): Uint8Array {
    const { queue } = this;
    const now = globals.performance.now();
    const parts: Uint8Array[] = [];
    let length = 0;
    while (length < limit && queue.length > 0 && queue[0].time <= now) {
      const [first] = queue;
      const part = first.bytes.subarray(0, limit - length);
      parts.push(part);
      length += part.length;
      if (part.length === first.bytes.length) queue.shift();
      else first.bytes = first.bytes.subarray(part.length);
    }
    this.queuedLength -= length;
    const chunk = new Uint8Array(length);
    let offset = 0;
    for (const part of parts) {
      chunk.set(part, offset);
      offset += part.length;
    }
    return chunk;
  }

  private applyCut(kind: CutKind): void {
    if (kind === "stall") return;
    this.lose();
    this.cut = undefined;
    if (kind === "end") this.tellEnd(undefined);
    else if (kind === "reset") this.tellEnd(resetError());
  }

  private deliverEnd({ time, error }: { time: number; error: Error | undefined }): void {
    if (time > globals.performance.now()) this.deliverLater();
    else this.tellEnd(error);
  }

  private tellEnd(error: Error | undefined): void {
    this.isOver = true;
    if (error === undefined) this.reader.ended();
    else this.reader.failed(error);
  }

  private reportDrained(): void {
    if (!this.isFull || this.queuedLength >= this.bufferSize) return;
    this.isFull = false;
    globals.queueMicrotask(() => this.whenDrained());
  }
}

function checkCut(cut: Cut): Cut {
  const { after, kind } = cut;
  checkInteger("cut.after", after, 0, Number.MAX_SAFE_INTEGER);
  if (!["end", "reset", "silence", "stall"].includes(kind))
    throw optionError("cut.kind", kind, '"end", "reset", "silence" or "stall"');
  return { after, kind };
}
