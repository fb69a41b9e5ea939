import type { PeerCertificate } from "./peer-certificate.ts";

/**
 * A bidirectional, ordered and reliable byte stream over which a WebSocket connection can run, such
 * as a TCP or TLS connection or an in-memory pipe. Each direction can end independently.
 *
 * A transport owns its socket. It reads from the start, but calls no method of `listener` before
 * the code that created it has returned. It closes by itself once both directions have ended. No
 * method throws.
 */
export interface Transport {
  /** Receives the transport's events. May be replaced during a call of any of its methods. */
  listener: TransportListener;
  /** The peer's IP address, or "" if there is none. */
  readonly remoteAddress: string;
  /** The certificate of a client, if the server requested and verified one. */
  readonly peerCertificate?: PeerCertificate | undefined;
  /**
   * Whether the connection is one of several in the same socket, as a stream of HTTP/2 is. What is
   * written to them is collected already. Default false.
   */
  readonly isMultiplexed?: boolean;
  /**
   * Whether the transport and others keep no reference to the `ArrayBuffer` of received bytes, so that
   * the listener may transfer it. The memory of long chunks is then used again without waiting for
   * the garbage collector. Default false.
   */
  readonly handsOverInput?: boolean;
  /**
   * Number of bytes that `write` accepted and that the operating system has not accepted yet. While
   * it is not 0, the transport may refer to written bytes. When it becomes 0, `drained` is called.
   */
  readonly pending: number;
  /**
   * Writes bytes. Calls no method of the listener but `failed` before it returns.
   *
   * @param bytes - Borrowed until `pending` is 0. Not modified, neither by the transport nor by the
   *   caller in that time.
   * @returns The number of bytes accepted, from the start of `bytes`. If it is less than their
   *   length, `drained` is called later.
   */
  write(bytes: Uint8Array): number;
  /**
   * As `write`, for the bytes from `start` to `end`. Called instead of `write` if it is there: a
   * socket that takes an offset and a length needs no view of them.
   *
   * @param isReachable - Whether user code can reach their memory, and could transfer it.
   */
  writePart?(bytes: Uint8Array, start: number, end: number, isReachable: boolean): number;
  /** Stops reading. Bytes that have already been read may still be reported. */
  pause(): void;
  /** Resumes reading. */
  resume(): void;
  /** Ends the outgoing direction after all accepted bytes. No more writes follow. */
  shutdown(): void;
  /**
   * Closes both directions at once. No method of the listener is called any more. May be repeated.
   */
  destroy(): void;
}

/** Receives the events of a transport. No method throws. */
export interface TransportListener {
  /**
   * Whether user code gets views of the received bytes. Their `ArrayBuffer` must then not hold
   * bytes of other connections.
   */
  readonly exposesMemory?: boolean;
  /**
   * Called with received bytes.
   *
   * @param bytes - At least one. Borrowed and modified until the call returns. Not in shared memory:
   *   messages may be views of them.
   */
  receive(bytes: Uint8Array): void;
  /**
   * Called when the transport accepts bytes again after a partial `write`, or `pending` becomes 0.
   */
  drained(): void;
  /** Called when the peer has ended its direction. No more bytes will be received. */
  ended(): void;
  /** Called last, if the transport ends in another way than by the end of both directions. */
  failed(error: Error): void;
}
