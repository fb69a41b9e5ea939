import { type Connection, ConnectionState, ProtocolError, StatusCode } from "@framewright/codec";
import type { BufferLimits } from "../options/buffer-options.ts";
import type { TurnQueue, TurnTaker } from "../timing/turn-queue.ts";
import { ChunkEncoder } from "./chunk-encoder.ts";
import type { ChunkSource } from "./chunk-source.ts";

/** How many bytes a message in fragments hands over in one turn of the event loop. */
const maxBytesPerTurn = 262_144;

/** What an `OutgoingStream` uses of its session. */
export interface StreamingSession {
  readonly connection: Connection;
  readonly finished: boolean;
  readonly bufferedAmount: number;
  readonly buffers: BufferLimits;
  readonly turns: TurnQueue;
  /** The messages that are sent in fragments: the one whose turn it is, and those that wait. */
  outgoing: Set<OutgoingStream> | undefined;
  /** The Blobs that wait to be sent. */
  readonly blobs: { readonly length: number } | undefined;
  countSent(): void;
  scheduleFlush(): void;
  close(statusCode?: number, reason?: string): void;
}

/**
 * A message that is sent in fragments as its source yields them (RFC 6455 section 5.4). It takes a
 * chunk only when the peer has room, so that no more than `highWaterMark` bytes and one fragment
 * wait.
 */
export class OutgoingStream implements TurnTaker {
  /** See `Socket.sendStream`. */
  readonly result: Promise<"sent" | "dropped">;
  private readonly session: StreamingSession;
  private readonly source: ChunkSource;
  private readonly encoder: ChunkEncoder;
  private settle!: (result: "sent" | "dropped") => void;
  private reject!: (error: unknown) => void;
  private isOver = false;
  /** Whether earlier messages of this kind are complete. */
  private hasBegun = false;
  /** Continues `run`, which waits. */
  private resume: (() => void) | undefined = undefined;
  /** Whether `run` waits for the next turn of the event loop. */
  private isBetweenTurns = false;
  private bytesLeft = maxBytesPerTurn;

  constructor(session: StreamingSession, source: ChunkSource, isText: boolean | undefined) {
    this.session = session;
    this.source = source;
    this.encoder = new ChunkEncoder(isText);
    this.result = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.reject = reject;
    });
  }

  /** Starts to send, when it is the message's turn. */
  start(): void {
    const { session } = this;
    session.outgoing ??= new Set();
    session.outgoing.add(this);
    const isOpen = session.connection.beginFragments(() => {
      this.hasBegun = true;
      this.advance();
    });
    if (!isOpen) return this.drop();
    this.run();
  }

  /** Called when bytes were written, and when the connection closes or has ended. */
  advance(): void {
    const { session } = this;
    if (session.finished || session.connection.state !== ConnectionState.Open) return this.drop();
    if (this.resume !== undefined && this.mayContinue(session.buffers.lowWaterMark)) this.wake();
  }

  /** Called by `TurnQueue`. */
  continueTurn(): void {
    this.isBetweenTurns = false;
    this.bytesLeft = maxBytesPerTurn;
    this.advance();
  }

  private mayContinue(maxWaiting: number): boolean {
    const { connection, bufferedAmount, blobs } = this.session;
    if (!this.hasBegun || this.isBetweenTurns || connection.isCompressing) return false;
    // What waits behind this message cannot be written before it is complete.
    return bufferedAmount - connection.heldLength - (blobs?.length ?? 0) <= maxWaiting;
  }

  private wake(): void {
    const { resume } = this;
    this.resume = undefined;
    resume?.();
  }

  private async run(): Promise<void> {
    const { source, encoder } = this;
    let isSourceDone = false;
    try {
      for (;;) {
        await this.room();
        if (this.isOver) return;
        isSourceDone = true; // if `next` fails, the source has ended by itself
        const { done, value } = await source.next();
        isSourceDone = done === true;
        if (this.isOver) return;
        if (isSourceDone) break;
        for (const payload of encoder.encode(value)) {
          await this.room();
          if (this.isOver) return;
          if (payload.length === 0) throw new ProtocolError("WS_ERR_DETACHED_BYTES");
          this.send(payload, false);
        }
      }
      const rest = encoder.end();
      await this.room();
      if (!this.isOver) this.complete(rest);
    } catch (error) {
      this.fail(error, isSourceDone);
    }
  }

  /** Resolves when the next fragment may be queued, or when nothing more can be sent. */
  private room(): Promise<void> | undefined {
    if (this.bytesLeft <= 0 && !this.isBetweenTurns) {
      this.isBetweenTurns = true;
      this.session.turns.join(this);
    }
    if (this.isOver || this.mayContinue(this.session.buffers.highWaterMark)) return undefined;
    return new Promise((resolve) => {
      this.resume = resolve;
    });
  }

  private send(payload: Uint8Array, isLast: boolean): void {
    const { session, encoder } = this;
    this.bytesLeft -= payload.length;
    session.connection.sendFragment(payload, encoder.isText === true, isLast);
    session.scheduleFlush();
  }

  private complete(rest: Uint8Array): void {
    this.end();
    this.session.countSent();
    this.send(rest, true);
    this.settle("sent");
  }

  /** The connection is closing or has ended: the rest of the message is not sent. */
  private drop(): void {
    if (this.isOver) return;
    this.end();
    this.source.cancel(undefined);
    this.settle("dropped");
  }

  /** The source failed, so that the message cannot be completed, and no other can follow it. */
  private fail(error: unknown, isSourceDone: boolean): void {
    if (this.isOver) return;
    this.end();
    if (!isSourceDone) this.source.cancel(error);
    this.session.close(StatusCode.InternalError);
    this.reject(error);
  }

  private end(): void {
    this.isOver = true;
    this.session.outgoing?.delete(this);
    if (this.session.outgoing?.size === 0) this.session.outgoing = undefined;
    this.wake();
  }
}
