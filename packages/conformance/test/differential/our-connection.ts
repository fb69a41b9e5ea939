import { Connection, ConnectionEvent, type ProtocolError } from "@framewright/codec";
import { type FrameSpan, splitFrames } from "./frame-span.ts";
import {
  closeLine,
  eventLine,
  failureLine,
  type Limits,
  type Outcome,
  type Role,
  type Situation,
} from "./outcome.ts";

const encoder = new TextEncoder();

/** A Connection and the outcome of the bytes passed to it. */
class OurReceiver {
  readonly events: string[] = [];
  end = "open";
  private readonly connection: Connection;

  constructor(role: Role, { maxMessageSize, maxFragments }: Limits) {
    this.connection = new Connection({
      role,
      maxMessageSize,
      maxFragments,
      drawMaskingKey: () => 0x37fa213d,
    });
  }

  /** @param chunk - Modified. */
  receive(chunk: Uint8Array): void {
    this.connection.receive(chunk);
    for (;;) {
      const event = this.connection.next();
      if (event === ConnectionEvent.NeedData) return;
      this.note(event);
    }
  }

  private note(event: ConnectionEvent): void {
    const { message, payload, closed } = this.connection;
    if (event === ConnectionEvent.Message) {
      const line =
        typeof message === "string"
          ? eventLine("text", encoder.encode(message))
          : eventLine("binary", message);
      this.events.push(line);
    } else if (closed === undefined) {
      this.events.push(eventLine(event === ConnectionEvent.Ping ? "ping" : "pong", payload));
    } else {
      const error = closed.error as ProtocolError | undefined;
      this.end =
        error === undefined
          ? closeLine(closed.statusCode, encoder.encode(closed.reason))
          : failureLine(closed.statusCode, error.code);
    }
  }
}

/**
 * Passes chunks to a Connection.
 *
 * @param chunks - Modified.
 */
export function runOurs(role: Role, limits: Limits, chunks: readonly Uint8Array[]): Outcome {
  const receiver = new OurReceiver(role, limits);
  for (const chunk of chunks) receiver.receive(chunk);
  return { events: receiver.events, end: receiver.end };
}

/** The outcome of a Connection, and the frame at which it ended. */
export interface FrameRun {
  readonly situation: Situation;
  readonly outcome: Outcome;
  /** The frames up to the last one that was read. */
  readonly frames: readonly FrameSpan[];
}

/** Passes frames to a Connection one by one, to determine which one ended it. */
export function runByFrame(situation: Situation): FrameRun {
  const { role, limits, stream } = situation;
  const receiver = new OurReceiver(role, limits);
  const all = splitFrames(stream);
  let count = 0;
  while (count < all.length && receiver.end === "open") {
    const { start, end } = all[count++];
    receiver.receive(stream.slice(start, end));
  }
  const outcome = { events: receiver.events, end: receiver.end };
  return { situation, outcome, frames: all.slice(0, count) };
}
