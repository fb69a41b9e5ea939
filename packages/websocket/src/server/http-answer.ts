import { OutputQueue } from "@framewright/codec/internal";
import type { Deadlines } from "../timing/deadlines.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { writeOut } from "../transport/write-out.ts";

/** Length in bytes of the pieces in which responses are written. Each piece written is progress. */
const pieceLength = 65_536;

/** Writes an HTTP response and ends the connection. Each piece may take the close timeout. */
export class HttpAnswer implements TransportListener {
  /** Written by `Deadlines` only. */
  deadlineIndex = -1;
  readonly transport: Transport;
  private readonly answers: Deadlines<HttpAnswer>;
  /** The part of the response that the transport has not accepted yet. */
  private output: OutputQueue | undefined = new OutputQueue();

  /**
   * @param transport - Owned from now on.
   * @param response - Retained until it is written.
   */
  constructor(answers: Deadlines<HttpAnswer>, transport: Transport, response: Uint8Array) {
    this.answers = answers;
    this.transport = transport;
    transport.listener = this;
    answers.add(this);
    for (let at = 0; at < response.length; at += pieceLength) {
      this.output?.appendReference(response.subarray(at, at + pieceLength));
    }
    transport.resume();
    this.drained();
  }

  /**
   * Drops what follows the request. If it stayed unread, the operating system would reset the
   * connection, and the client could lose the response.
   */
  receive(): void {}

  drained(): void {
    const { output, transport } = this;
    if (output === undefined) return;
    const before = output.length;
    const isOut = writeOut(output, transport);
    // A long response may take any time, provided that the client keeps reading.
    if (output.length < before) this.answers.restart(this);
    if (!isOut) return;
    this.output = undefined;
    transport.shutdown();
  }

  ended(): void {
    if (this.output === undefined) this.answers.delete(this);
  }

  failed(): void {
    this.output = undefined;
    this.answers.delete(this);
  }

  /** Closes the connection, also if the response is not written. */
  destroy(): void {
    this.transport.destroy();
    this.failed();
  }
}
