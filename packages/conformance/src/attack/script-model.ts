import { scriptMessage } from "./modes/scripted.ts";

/** The status code with which the test client closes or answers. */
export const clientStatusCode = 4_001;

/** The messages that the test client sends, in order. */
export const sentMessages = ["m0", "m1", "m2", "m3"] as const;

/** Interprets a log: the state that the socket under test must have, and its faults. */
export class ScriptModel {
  readonly faults: string[] = [];
  paused = false;
  /** Whether the script has started the closing handshake or terminated the connection. */
  isEnding = false;
  terminated = false;
  closed: string | undefined = undefined;
  /** Number of messages that the script sent and the client must receive. */
  sends = 0;
  pings = 0;
  /** The callbacks that have made all their calls. */
  readonly ran: string[] = [];
  private busy = false;
  private delivered = 0;

  constructor(log: readonly string[]) {
    for (const line of log) this.take(line);
  }

  /** Checks a complete log and what the client received. */
  checkEnd(texts: readonly string[], pings: number): void {
    const { closed, terminated, delivered, faults } = this;
    const clean = `closed ${clientStatusCode} cleanly`;
    const abnormal = "closed 1006 not cleanly";
    // A terminate after a close may have been too late.
    const isRight = terminated
      ? closed === abnormal || (closed === clean && this.isEnding)
      : closed === clean;
    if (!isRight) faults.push(`the close event was ${closed}`);
    if (terminated) return;
    if (delivered < sentMessages.length) faults.push(`only ${delivered} messages were delivered`);
    const came = texts.filter((text) => text === scriptMessage).length;
    if (came !== this.sends) faults.push(`${came} of ${this.sends} messages came`);
    if (pings !== this.pings) faults.push(`${pings} of ${this.pings} pings came`);
  }

  private take(line: string): void {
    const [what, which] = line.split(" ", 2);
    if (what === "message") this.takeMessage(which);
    else if (what === "call") this.takeCall(which);
    else if (what === "busy") this.busy = true;
    else if (what === "free") this.busy = false;
    else if (what === "ran") this.ran.push(line.slice("ran ".length));
    else if (line.startsWith("send: ") && which !== "dropped") this.sends++;
    else if (line.startsWith("ping: ") && which !== "dropped") this.pings++;
    else if (what === "closed") {
      if (this.closed !== undefined) this.faults.push("there were two close events");
      this.closed = line;
    }
  }

  private takeMessage(message: string): void {
    const { faults } = this;
    if (this.closed !== undefined) faults.push(`${message} came after the close event`);
    else if (this.terminated) faults.push(`${message} came after terminate`);
    if (this.paused) faults.push(`${message} came while the socket was paused`);
    if (this.busy) faults.push(`${message} came while the handler was busy`);
    if (message !== sentMessages[this.delivered]) faults.push(`${message} came out of order`);
    this.delivered++;
  }

  private takeCall(call: string): void {
    if (this.closed !== undefined) return;
    if (call === "terminate") this.terminated = true;
    if (call === "close" || call === "terminate") this.isEnding = true;
    if (call === "pause" && !this.isEnding) this.paused = true;
    else if (call === "resume" || this.isEnding) this.paused = false;
  }
}
