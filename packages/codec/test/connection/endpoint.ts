import { expect } from "vitest";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { concat, hex } from "../bytes.ts";
import { describeEvent, openConnection, type Role } from "./drive.ts";

/** While more than this many bytes wait, a connection answers only the latest Ping (section 5.5.3). */
const maxWaitingForPong = 16_384;

/**
 * One end of a conversation beside a model of it: from what it is told to do and what it receives,
 * the model says which messages and control frames it sends, in which order.
 */
export class Endpoint {
  /** What the other end has to receive of this one, in order; in the words of `describeEvent`. */
  readonly sent: string[] = [];
  readonly events: string[] = [];
  private readonly connection;
  private closeSent = false;
  private closeReceived = false;
  private waitingPong: string | undefined = undefined;
  /** Bytes on their way to the other end. */
  private inFlight: Uint8Array = new Uint8Array(0);

  constructor(role: Role) {
    this.connection = openConnection(role);
  }

  get isOpen(): boolean {
    return !this.closeSent && !this.closeReceived;
  }

  /** Whether a Close came, or the transport ended before one did. */
  get isClosed(): boolean {
    return this.closeReceived;
  }

  /** Whether nothing waits to go out and nothing is in flight. */
  get isIdle(): boolean {
    const bytes = this.connection.bufferedAmount + this.inFlight.length;
    return bytes === 0 && this.waitingPong === undefined;
  }

  send(data: string | Uint8Array): void {
    const { isOpen } = this;
    expect(this.connection.send(data)).toBe(isOpen);
    if (isOpen) this.sent.push(typeof data === "string" ? `text ${data}` : `binary ${hex(data)}`);
  }

  ping(payload: Uint8Array): void {
    const { isOpen } = this;
    expect(this.connection.ping(payload)).toBe(isOpen);
    if (isOpen) this.sent.push(`ping ${hex(payload)}`);
  }

  close(statusCode: number, reason: string): void {
    const { isOpen } = this;
    expect(this.connection.close(statusCode, reason)).toBe(isOpen);
    if (!isOpen) return;
    this.sent.push(`closed ${statusCode} "${reason}" clean`);
    this.closeSent = true;
    this.waitingPong = undefined;
  }

  /** The transport ends before what is in flight comes. */
  end(): void {
    this.connection.end();
    this.pull();
  }

  /** The transport takes at most so many of the bytes that wait. */
  write(most: number): void {
    const isEmpty = this.connection.bufferedAmount === 0;
    const waiting = this.connection.peek()?.slice(0, most);
    if (isEmpty) {
      expect(waiting !== undefined).toBe(this.waitingPong !== undefined);
      if (this.waitingPong !== undefined) this.sent.push(this.waitingPong);
      this.waitingPong = undefined;
    }
    if (waiting === undefined) return;
    this.connection.advance(waiting.length);
    this.inFlight = concat([this.inFlight, waiting]);
  }

  /** At most so many of the bytes in flight come to the other end. */
  deliver(to: Endpoint, most: number): void {
    const chunk = this.inFlight.slice(0, most);
    this.inFlight = this.inFlight.slice(most);
    to.connection.receive(chunk);
    to.pull();
  }

  private pull(): void {
    for (;;) {
      const waited = this.connection.bufferedAmount;
      const event = this.connection.next();
      // The other end would pass over what comes after a Close: here it shows.
      if (this.closeSent) expect(this.connection.bufferedAmount).toBe(waited);
      if (event === ConnectionEvent.NeedData) return;
      const text = describeEvent(this.connection, event);
      this.events.push(text);
      if (event === ConnectionEvent.Ping) this.answerPing(text.replace("ping", "pong"), waited);
      if (event === ConnectionEvent.Closed) this.answerClose(text);
    }
  }

  private answerPing(pong: string, waited: number): void {
    if (!this.isOpen) return;
    const waits = waited > maxWaitingForPong;
    this.waitingPong = waits ? pong : undefined;
    if (!waits) this.sent.push(pong);
  }

  private answerClose(closed: string): void {
    if (this.isOpen && closed.endsWith(" clean")) this.sent.push(closed);
    this.closeReceived = this.closeSent = true;
    this.waitingPong = undefined;
  }
}
