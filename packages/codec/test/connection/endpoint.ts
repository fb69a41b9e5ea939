import { expect } from "vitest";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { concat, hex } from "../bytes.ts";
import { describeEvent, openConnection, type Role } from "./drive.ts";

/** With more waiting bytes, a connection answers only the latest Ping (section 5.5.3). */
const maxWaitingForPong = 16_384;

/**
 * A connection and a model of it. From the calls and the events of the connection, the model
 * derives which messages and control frames it sends, and in which order.
 */
export class Endpoint {
  /** The events that the peer must give, in order, in the format of `describeEvent`. */
  readonly sent: string[] = [];
  readonly events: string[] = [];
  private readonly connection;
  private closeSent = false;
  private closeReceived = false;
  private waitingPong: string | undefined = undefined;
  /** Bytes on their way to the peer. */
  private inFlight: Uint8Array = new Uint8Array(0);

  constructor(role: Role) {
    this.connection = openConnection(role);
  }

  get isOpen(): boolean {
    return !this.closeSent && !this.closeReceived;
  }

  /** Whether a Close frame was received or the transport has ended. */
  get isClosed(): boolean {
    return this.closeReceived;
  }

  /** Whether no output waits and no bytes are in flight. */
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

  /** Ends the transport before the bytes in flight arrive. */
  end(): void {
    this.connection.end();
    this.pull();
  }

  /** Moves at most `most` bytes of the waiting output into flight. */
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

  /** Delivers at most `most` of the bytes in flight to the peer. */
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
      // The peer ignores input after a Close frame, so that output after it must be detected here.
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
