import type { Writable } from "node:stream";
import * as ws from "ws";
import {
  closeLine,
  type EventKind,
  eventLine,
  failureLine,
  type Limits,
  type Outcome,
  type Role,
} from "./outcome.ts";

/** What ws 8.23 takes; its published types do not have the class. */
interface ReceiverOptions {
  isServer: boolean;
  maxPayload: number;
  maxFragments: number;
  /** 0: any number of received chunks may wait. */
  maxBufferedChunks: number;
  /** Whether events may come within the call that writes. */
  allowSynchronousEvents: boolean;
  skipUTF8Validation: boolean;
}

interface Receiver extends Pick<Writable, "write"> {
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): this;
  on(event: "ping" | "pong", listener: (data: Buffer) => void): this;
  on(event: "conclude", listener: (code: number, reason: Buffer) => void): this;
  on(event: "error", listener: (error: Error) => void): this;
}

const { Receiver } = ws as unknown as { Receiver: new (options: ReceiverOptions) => Receiver };

export interface Delivery {
  /** 0, which is the default here: any number. */
  readonly maxBufferedChunks?: number;
  /** Default true. */
  readonly allowSynchronousEvents?: boolean;
}

/**
 * Lets the Receiver of ws take chunk after chunk, each when it is done with the one before.
 *
 * @param chunks - Modified: ws too unmasks in place.
 */
export async function runWs(
  role: Role,
  limits: Limits,
  chunks: readonly Uint8Array[],
  { maxBufferedChunks = 0, allowSynchronousEvents = true }: Delivery = {},
): Promise<Outcome> {
  const receiver = new Receiver({
    isServer: role === "server",
    maxPayload: limits.maxMessageSize,
    maxFragments: limits.maxFragments,
    maxBufferedChunks,
    allowSynchronousEvents,
    skipUTF8Validation: false,
  });
  const events: string[] = [];
  const note = (kind: EventKind) => (data: Buffer) => void events.push(eventLine(kind, data));
  let end = "open";
  receiver.on("message", (data, isBinary) => note(isBinary ? "binary" : "text")(data));
  receiver.on("ping", note("ping"));
  receiver.on("pong", note("pong"));
  receiver.on("conclude", (code, reason) => {
    end = closeLine(code, reason);
  });
  receiver.on("error", (error) => {
    end = failureOf(error);
  });
  for (const chunk of chunks) {
    const error = await write(receiver, chunk);
    if (error) end = failureOf(error);
    // ws lets go of its socket at either end, so that the receiver gets no more.
    if (end !== "open") break;
  }
  return { events, end };
}

function write(receiver: Receiver, chunk: Uint8Array): Promise<Error | null | undefined> {
  return new Promise((resolve) => receiver.write(chunk, resolve));
}

function failureOf(error: Error): string {
  const symbol = Object.getOwnPropertySymbols(error).find(
    ({ description }) => description === "status-code",
  );
  if (symbol === undefined || !("code" in error)) throw error;
  const statusCode = (error as unknown as Record<symbol, unknown>)[symbol];
  return failureLine(Number(statusCode), String(error.code));
}
