import { sessionOf } from "./socket.ts";
import type { Socket } from "./socket-types.ts";
import { TerminationError } from "./termination-error.ts";

/** A session whose waiting bytes are counted. */
interface CountedSession {
  /** Written by `Backlog` only. */
  countedAmount: number;
}

/** Counts the bytes that wait for all sockets of a server, and ends the slowest if there are too many. */
export class Backlog {
  /** Bytes that wait for all sockets together. */
  amount = 0;
  private readonly max: number;
  private readonly sockets: Iterable<Socket<unknown>>;
  private isReducing = false;

  /**
   * @param max - In bytes.
   * @param sockets - The open sockets of the server.
   */
  constructor(max: number, sockets: Iterable<Socket<unknown>>) {
    this.max = max;
    this.sockets = sockets;
  }

  /** Called when `amount` bytes wait for a session, which may end it. */
  count(session: CountedSession, amount: number): void {
    this.amount += amount - session.countedAmount;
    session.countedAmount = amount;
    if (this.amount > this.max && !this.isReducing) this.reduce();
  }

  /**
   * Ends the sockets with the most waiting bytes, until an eighth of the maximum is free: to search
   * them takes time proportional to the number of open sockets.
   */
  private reduce(): void {
    this.isReducing = true;
    const waiting = [...this.sockets]
      .map((socket) => ({ socket, amount: socket.bufferedAmount }))
      .sort((a, b) => b.amount - a.amount);
    const message = `more than ${this.max} bytes wait for all sockets of the server`;
    for (const { socket } of waiting) {
      if (this.amount <= this.max - this.max / 8) break;
      sessionOf(socket).failed(new TerminationError("WS_ERR_SEND_MEMORY", message));
    }
    this.isReducing = false;
  }
}
