import type { Transport, TransportListener } from "@framewright/websocket/transport";

/**
 * What happens to a direction after some bytes.
 *
 * - "end": the direction ends there, as if the sender had ended it.
 * - "reset": both directions fail.
 * - "silence": further bytes are lost and nobody is told, as behind a cable that was cut.
 * - "stall": no further byte is accepted. For the outgoing direction only.
 */
export type CutKind = "end" | "reset" | "silence" | "stall";

export interface Cut {
  /** The number of bytes of the direction that still pass, the opening handshake included. */
  readonly after: number;
  readonly kind: CutKind;
}

/** The faults of one end of a connection. */
export interface Faults {
  readonly output?: Cut | undefined;
  readonly input?: Cut | undefined;
  /** The most bytes that the next writes accept, over and over; 0 refuses one. Default: all. */
  readonly accepts?: readonly number[];
  /** `write` throws once this many bytes were accepted, although the contract forbids it. */
  readonly throwsAfter?: number | undefined;
  /** Whether `write` passes on what it accepts, so that a failure comes before it returns. */
  readonly isPrompt?: boolean;
  /** Whether one more chunk is delivered after each `pause`: it was already on its way. */
  readonly deliversAfterPause?: boolean;
  /** Whether bytes that have not been read are lost when the other end resets the connection. */
  readonly losesUnread?: boolean;
  /** Whether `drained` is called twice each time. */
  readonly repeatsDrained?: boolean;
  /** Whether the listener is called after `destroy`, which the contract forbids. */
  readonly isLate?: boolean;
}

const resetError = () => new Error("the connection was reset");

/**
 * A transport with faults, over another one. Nothing moves by itself: `passOutput` and `passInput`
 * move as many bytes as the test says, so that a schedule can be repeated, and split or merge what
 * was written as it likes.
 *
 * Accepted bytes are not copied before they are passed on, so that a session that changes them too
 * early is found out. Received bytes are overwritten after `receive` has returned.
 */
export class FaultTransport implements Transport, TransportListener {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  /** Whether `destroy` was called, or the connection has failed or ended. */
  isOver = false;
  /** The last bytes that have left, at most 8. */
  lastBytes: readonly number[] = [];
  private readonly inner: Transport;
  private readonly faults: Faults;
  /** Accepted bytes that have not been passed on. Borrowed. */
  private readonly held: Uint8Array[] = [];
  private heldLength = 0;
  private acceptedLength = 0;
  private passedLength = 0;
  private writeCount = 0;
  private hasRefused = false;
  /** Whether `pending` was not 0 since `drained` was called. */
  private isDrainedDue = false;
  private isOutputCut = false;
  private hasOutputEnded = false;
  private isShutDown = false;
  /** Received bytes that have not been delivered. */
  private readonly inbox: Uint8Array[] = [];
  private inboxLength = 0;
  private deliveredLength = 0;
  private isPaused = false;
  private mayDeliverPaused = false;
  private isInputCut = false;
  private hasInnerEnded = false;
  private hasInputEnded = false;
  private failure: Error | undefined = undefined;

  /** @param inner - Owned from now on. */
  constructor(inner: Transport, faults: Faults = {}) {
    this.inner = inner;
    this.faults = faults;
    this.remoteAddress = inner.remoteAddress;
    inner.listener = this;
  }

  get pending(): number {
    return this.heldLength + this.inner.pending;
  }

  write(bytes: Uint8Array): number {
    if (this.isOver || this.hasOutputEnded) return 0;
    const { accepts = [], throwsAfter, isPrompt } = this.faults;
    if (throwsAfter !== undefined && this.acceptedLength >= throwsAfter) throw new Error("EPIPE");
    const most = accepts.length === 0 ? bytes.length : accepts[this.writeCount % accepts.length];
    this.writeCount++;
    const taken = Math.min(most, bytes.length);
    if (taken < bytes.length) this.hasRefused = true;
    if (taken > 0) this.held.push(bytes.subarray(0, taken));
    this.heldLength += taken;
    this.acceptedLength += taken;
    if (isPrompt) this.move(Number.POSITIVE_INFINITY);
    return taken;
  }

  pause(): void {
    this.isPaused = true;
    this.mayDeliverPaused = this.faults.deliversAfterPause === true;
    this.inner.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.inner.resume();
  }

  shutdown(): void {
    if (this.isOver) return;
    this.hasOutputEnded = true;
    this.shutDownIfPassed();
  }

  destroy(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.drop();
    this.inner.destroy();
    if (this.faults.isLate) queueMicrotask(() => this.callLate());
  }

  /**
   * Passes on up to `limit` bytes that were written, then calls `drained` if that is due.
   *
   * @returns Whether anything happened.
   */
  passOutput(limit = Number.POSITIVE_INFINITY): boolean {
    if (this.isOver) return false;
    if (this.failure !== undefined) return this.reportFailure(this.failure);
    const moved = this.move(limit);
    if (this.isOver) return true;
    this.shutDownIfPassed();
    return this.reportDrained(moved);
  }

  /**
   * Delivers up to `limit` received bytes as one chunk, or the end behind them.
   *
   * @returns Whether anything happened.
   */
  passInput(limit = Number.POSITIVE_INFINITY): boolean {
    if (this.isOver || (this.isPaused && !this.mayDeliverPaused)) return false;
    if (this.failure !== undefined && (this.faults.losesUnread || this.inboxLength === 0))
      return this.reportFailure(this.failure);
    const { input } = this.faults;
    const room = input === undefined ? limit : input.after - this.deliveredLength;
    if (room <= 0 && !this.isInputCut) return this.cutInput((input as Cut).kind);
    if (this.isInputCut) return false;
    this.mayDeliverPaused = false;
    const chunk = this.takeInput(Math.min(limit, room));
    if (chunk.length > 0) {
      this.deliveredLength += chunk.length;
      this.listener.receive(chunk);
      chunk.fill(0xee);
      return true;
    }
    return this.hasInnerEnded && this.endInput();
  }

  receive(bytes: Uint8Array): void {
    if (this.isInputCut) return;
    this.inbox.push(bytes.slice());
    this.inboxLength += bytes.length;
  }

  drained(): void {
    if (!this.isOver && this.heldLength === 0) this.listener.drained();
  }

  ended(): void {
    this.hasInnerEnded = true;
  }

  failed(error: Error): void {
    this.failure = error;
  }

  /** Ends the connection as if the network had reset it. */
  reset(): void {
    if (!this.isOver) this.reportFailure(resetError());
  }

  /** Moves up to `limit` written bytes to the inner transport. Returns whether it did. */
  private move(limit: number): boolean {
    const { output } = this.faults;
    let moved = 0;
    while (moved < limit && this.held.length > 0) {
      const room = output === undefined ? limit : output.after - this.passedLength;
      if (room <= 0 && this.cutOutput(output as Cut)) break;
      const whole = this.held[0];
      const most = room <= 0 ? limit - moved : Math.min(limit - moved, room);
      const taken = this.give(whole.subarray(0, Math.min(whole.length, most)));
      // A transport may report a failed write by the end of its input alone, which was lost here.
      if (taken === 0 && this.hasInnerEnded && this.isInputCut)
        return this.reportFailure(resetError());
      if (taken === 0) break;
      moved += taken;
      if (taken === whole.length) this.held.shift();
      else this.held[0] = whole.subarray(taken);
      this.heldLength -= taken;
    }
    return moved > 0;
  }

  /** Gives bytes to the inner transport, or loses them. Returns how many are gone. */
  private give(bytes: Uint8Array): number {
    const taken = this.isOutputCut ? bytes.length : this.inner.write(bytes.slice());
    this.passedLength += taken;
    const last = bytes.subarray(Math.max(taken - 8, 0), taken);
    this.lastBytes = [...this.lastBytes, ...last].slice(-8);
    return taken;
  }

  /** Returns whether nothing more passes. */
  private cutOutput({ kind }: Cut): boolean {
    if (kind === "stall") return true;
    if (kind === "reset") return this.reportFailure(resetError());
    if (!this.isOutputCut && kind === "end") this.inner.shutdown();
    this.isOutputCut = true;
    return false;
  }

  private cutInput(kind: CutKind): boolean {
    this.isInputCut = true;
    this.inbox.length = this.inboxLength = 0;
    if (kind === "reset") return this.reportFailure(resetError());
    return kind === "end" && this.endInput();
  }

  private takeInput(limit: number): Uint8Array {
    const chunk = new Uint8Array(Math.min(limit, this.inboxLength));
    for (let length = 0; length < chunk.length; ) {
      const part = this.inbox[0].subarray(0, chunk.length - length);
      chunk.set(part, length);
      length += part.length;
      if (part.length === this.inbox[0].length) this.inbox.shift();
      else this.inbox[0] = this.inbox[0].subarray(part.length);
    }
    this.inboxLength -= chunk.length;
    return chunk;
  }

  private endInput(): boolean {
    if (this.hasInputEnded) return false;
    this.hasInputEnded = true;
    this.listener.ended();
    this.closeIfEnded();
    return true;
  }

  private shutDownIfPassed(): void {
    if (!this.hasOutputEnded || this.isShutDown || this.heldLength > 0) return;
    this.isShutDown = true;
    this.inner.shutdown();
    this.closeIfEnded();
  }

  private closeIfEnded(): void {
    if (!this.isShutDown || !this.hasInputEnded || this.isOver) return;
    this.isOver = true;
    if (!this.hasInnerEnded) this.inner.destroy();
  }

  private reportDrained(hasMoved: boolean): boolean {
    if (hasMoved) this.isDrainedDue = true;
    if ((!this.hasRefused && !this.isDrainedDue) || this.heldLength > 0) return hasMoved;
    this.hasRefused = this.isDrainedDue = false;
    this.listener.drained();
    if (this.faults.repeatsDrained && !this.isOver) this.listener.drained();
    return true;
  }

  private reportFailure(error: Error): true {
    this.isOver = true;
    this.drop();
    this.inner.destroy();
    this.listener.failed(error);
    return true;
  }

  private drop(): void {
    this.held.length = this.inbox.length = this.heldLength = this.inboxLength = 0;
  }

  private callLate(): void {
    const { listener } = this;
    listener.drained();
    listener.receive(Uint8Array.of(0x81, 0x01, 0x41));
    listener.ended();
    listener.failed(resetError());
    listener.drained();
    listener.failed(resetError());
  }
}
