import { type CloseInfo, ConnectionState, encodeClosePayload } from "@framewright/codec";
import { noBytes } from "@framewright/codec/internal";
import type { TransportListener } from "../transport/transport.ts";
import { Hold } from "./input-gate.ts";
import { SessionInput } from "./session-input.ts";
import type { SocketSession, SocketTopics } from "./socket-session.ts";
import type { Socket } from "./socket-types.ts";

/**
 * Publishes that the opening handshake of a socket was accepted. Returns user code to call before
 * `open`, if there is any.
 */
export type HandshakeReport<Data> = (socket: Socket<Data>) => (() => unknown) | undefined;

/**
 * Runs one connection over one transport, from the end of the opening handshake to the end of the
 * transport, which follows that of the connection within the close timeout.
 */
export class Session<Data> extends SessionInput<Data> implements TransportListener, SocketSession {
  closeWaiter: ((info: CloseInfo) => void) | undefined = undefined;
  /** Written by `OpenSockets` only. */
  listIndex = -1;

  /** Takes over the transport after the opening handshake. See `openSocket`. */
  start(
    socket: Socket<Data>,
    answer: Uint8Array,
    rest: Uint8Array,
    report: HandshakeReport<Data> | undefined,
  ): void {
    this.socket = socket;
    this.settings.group.open.add(this);
    this.settings.life.watch(this);
    this.transport.listener = this;
    this.queueAnswer(answer);
    this.reading = true; // messages that `open` sends are written together with the response
    const beforeOpen = report?.(socket);
    this.settings.diagnostics.opened(socket);
    if (beforeOpen !== undefined) this.call(beforeOpen);
    if (this.settings.handlers.open !== undefined && !this.finished) {
      this.call(() => this.settings.handlers.open?.(socket));
    }
    this.reading = false;
    this.closeIfShutDown();
    if (rest.length > 0) this.receive(rest);
    this.flush();
    this.settleInput();
  }

  drained(): void {
    this.flush();
  }

  ended(): void {
    this.inputEnded = true;
    if (this.connection.closed !== undefined) return this.flush();
    // A slow handler must not keep the descriptor of a peer that is gone beyond the close timeout.
    if (this.holds !== 0) this.startClosing();
    this.settleInput();
  }

  failed(error: Error): void {
    if (this.connection.closed === undefined) this.reportFault(error);
    this.connection.end(error);
    this.finish(error);
  }

  /** Starts the closing handshake. `receive` and `ended` complete it. */
  close(statusCode?: number, reason?: string): void {
    if (this.blobs !== undefined && this.connection.state === ConnectionState.Open) {
      encodeClosePayload(statusCode, reason); // throws if an endpoint must not send them
      this.blobs.closeLater(() => {
        this.settings.group.closing.delete(this); // the close timeout starts again
        this.close(statusCode, reason);
      });
      this.checksEachMessage = true;
    } else if (!this.connection.close(statusCode, reason)) return;
    this.startClosing();
    this.scheduleFlush();
    // The peer's Close frame may be behind messages that user code does not read.
    this.release(Hold.User | Hold.Queue | Hold.Rate | Hold.Stream);
  }

  /**
   * Called when the server closes. A message handler that runs may still send its reply: the closing
   * handshake starts when it has settled.
   */
  shutDown(statusCode: number, reason: string | undefined): void {
    this.settings.group.shutDowns.set(this, () => this.close(statusCode, reason));
    this.closeIfShutDown();
  }

  protected closeIfShutDown(): void {
    const { group } = this.settings;
    if (!group.isDeliveryOver || this.reading || (this.holds & Hold.Handler) !== 0) return;
    if (this.isStreaming) return;
    group.shutDowns.get(this)?.();
  }

  /** Ends the connection without a closing handshake. */
  terminate(): void {
    if (this.flushScheduled) this.flush();
    if (this.finished) return;
    this.connection.end();
    this.finish();
  }

  /**
   * Called by `closing`: the peer did not complete the closing handshake in time, or ended its
   * direction while a handler was busy.
   */
  expire(): void {
    this.reachedLimit("closeTimeout", "terminated");
    const { closed, unread, isInflating } = this.connection;
    if (closed === undefined && this.inputEnded && (unread > 0 || isInflating)) {
      this.abandonTransport();
    } else {
      this.terminate();
    }
  }

  /**
   * Called by `paused`: sends an empty Pong, because a transport that does not read notices only by
   * writing that its peer is gone.
   */
  probePeer(): void {
    if (this.bufferedAmount === 0 && this.connection.pong(noBytes)) this.flush();
    if (this.transportPaused && !this.finished) this.settings.group.paused.add(this);
  }

  get topics(): SocketTopics | undefined {
    return this.settings.topics;
  }

  get exposesMemory(): boolean {
    return this.settings.connection.borrowedMessages === true;
  }

  protected startClosing(): void {
    this.settings.group.paused.delete(this);
    this.settings.life.delete(this);
    this.settings.group.closing.add(this);
  }

  /** Closes the descriptor of a peer that is gone while its messages are still being handled. */
  private abandonTransport(): void {
    this.isTransportAbandoned = true;
    this.transport.destroy();
    this.connection.discardOutput();
    this.onAllWritten();
    this.countWaiting(0);
    this.drainIfLow();
    this.advanceStreams();
  }

  /** How the connection ended. Not cleanly if messages before our Close frame may be lost. */
  private closeInfo(error: Error | undefined): CloseInfo {
    const info = this.connection.closed as CloseInfo;
    return info.wasClean && !this.isCloseWritten ? { ...info, wasClean: false, error } : info;
  }

  protected finish(error?: Error): void {
    if (this.finished) return;
    this.finished = true;
    const { group } = this.settings;
    group.closing.delete(this);
    group.paused.delete(this);
    if (group.shutDowns.size > 0) group.shutDowns.delete(this);
    this.settings.life.delete(this);
    // A transport closes by itself once both directions have ended.
    const ended = this.outputEnded && this.inputEnded && this.transport.pending === 0;
    if (!ended) this.transport.destroy();
    this.connection.discard();
    this.countWaiting(0);
    this.messages?.end();
    this.failIncoming();
    this.advanceStreams();
    this.settings.group.open.delete(this);
    const info = this.closeInfo(error);
    this.connection.closed = info;
    this.settings.counters.countClose(info);
    this.settings.diagnostics.closed(this.socket, info);
    for (const call of this.drainWaiters ?? []) call(false);
    const { handlers } = this.settings;
    if (handlers.close !== undefined) {
      const { statusCode, reason, wasClean } = info;
      this.call(() => handlers.close?.(this.socket, statusCode, reason, wasClean));
    }
    this.settings.rate?.delete(this);
    this.settings.topics?.delete(this.socket);
    this.closeWaiter?.(info);
  }
}
