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

/** The options of ws 8.23. Its published types lack the class. */
interface ReceiverOptions {
  isServer: boolean;
  maxPayload: number;
  maxFragments: number;
  /** Maximum number of queued chunks; 0 for any. */
  maxBufferedChunks: number;
  /** Whether events may be emitted within the call that writes. */
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
  /** Maximum number of queued chunks. Defaults to 0: any number. */
  readonly maxBufferedChunks?: number;
  /** Defaults to true. */
  readonly allowSynchronousEvents?: boolean;
}

/**
 * Passes chunks to the Receiver of ws, each after the previous one is done.
 *
 * @param chunks - Modified: ws also unmasks in place.
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
    // ws detaches from its socket at either end, so the receiver gets nothing else.
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
