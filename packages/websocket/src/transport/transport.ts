/**
 * What a runtime, a stream or an in-memory pipe offers so that a WebSocket can run over it: an
 * ordered, reliable stream of bytes in each direction, each of which can end on its own.
 *
 * A transport owns its socket and reads from the start, but tells `listener` nothing before the code
 * that made it has returned. It closes by itself once both directions have ended.
 */
export interface Transport {
  /** Who is told what happens. May change during a call of one of its methods. */
  listener: TransportListener;
  /** The peer's IP address, or "" when there is none. */
  readonly remoteAddress: string;
  /**
   * Bytes that `write` took and that the operating system does not have yet. While this is not 0, the transport
   * still refers to bytes that it took, and calls `drained` when it no longer does.
   */
  readonly pending: number;
  /**
   * Writes bytes.
   *
   * @param bytes - Borrowed and not modified until `pending` is 0.
   * @returns How many of the first bytes were taken. When that is not all, `drained` is called later.
   */
  write(bytes: Uint8Array): number;
  /** Stops reading. What is already on its way may still be reported. */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /** No more writes: ends this direction once all that was taken is out. */
  shutdown(): void;
  /** Gives up both directions now. The listener is told nothing any more. */
  destroy(): void;
}

/** Whom a transport tells what happens. No method throws. */
export interface TransportListener {
  /** Whether user code gets views of received memory: then nothing of other connections may be in it. */
  readonly exposesMemory?: boolean;
  /**
   * Bytes came.
   *
   * @param bytes - At least one. Borrowed and modified until the call returns.
   */
  receive(bytes: Uint8Array): void;
  /** The transport takes more after `write` took less than all, or `pending` has become 0. */
  drained(): void;
  /** The peer has ended its direction: no more bytes will come. */
  ended(): void;
  /** Both directions are gone, and not because both have ended. The last call. */
  failed(error: Error): void;
}
