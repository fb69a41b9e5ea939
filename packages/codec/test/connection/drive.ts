import { Connection, type ConnectionOptions } from "../../src/connection/connection.ts";
import { ConnectionEvent } from "../../src/connection/events.ts";
import { concat, hex } from "../bytes.ts";
import { type OracleFrame, readFrames } from "../oracle/frame-reader.ts";
import { type FrameToWrite, frameFor } from "../oracle/frame-writer.ts";

export type Role = "client" | "server";

/** No test has this many events, so reaching it means an endless loop. */
const mostEvents = 100_000;

export function openConnection(role: Role, options: Partial<ConnectionOptions> = {}): Connection {
  let key = 0x37fa213d;
  return new Connection({
    role,
    maxMessageSize: 1 << 20,
    maxFragments: 1000,
    drawMaskingKey: () => {
      key = (Math.imul(key, 1_664_525) + 1_013_904_223) | 0;
      return key;
    },
    ...options,
  });
}

export function describeEvent(connection: Connection, event: ConnectionEvent): string {
  if (event === ConnectionEvent.Message) {
    const { message } = connection;
    return typeof message === "string" ? `text ${message}` : `binary ${hex(message)}`;
  }
  if (event === ConnectionEvent.Ping) return `ping ${hex(connection.payload)}`;
  if (event === ConnectionEvent.Pong) return `pong ${hex(connection.payload)}`;
  const { statusCode, reason, wasClean, error } = connection.closed ?? {};
  const code = (error as { code?: string } | undefined)?.code ?? error?.message;
  if (error === undefined) return `closed ${statusCode} "${reason}"${wasClean ? " clean" : ""}`;
  return `closed ${statusCode} ${code}${wasClean ? " clean" : ""}`;
}

/** Reads events until the connection needs data. */
export function eventsOf(connection: Connection): string[] {
  const events: string[] = [];
  for (;;) {
    const event = connection.next();
    if (event === ConnectionEvent.NeedData) return events;
    events.push(describeEvent(connection, event));
    if (events.length > mostEvents) throw new Error("the connection never needs data");
  }
}

/** Receives the chunks one after another and returns all events. */
export function receive(connection: Connection, chunks: readonly Uint8Array[]): string[] {
  return chunks.flatMap((chunk) => {
    connection.receive(chunk);
    return eventsOf(connection);
  });
}

/** Receives frames, legal or not, encoded as by the connection's peer. */
export function receiveFrames(
  connection: Connection,
  role: Role,
  ...frames: FrameToWrite[]
): string[] {
  return receive(connection, [concat(frames.map((frame) => frameFor(role, frame)))]);
}

/** Takes all waiting output, at most `step` bytes at a time. */
export function takeOutput(connection: Connection, step = 2 ** 31): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let piece = connection.peek(); piece !== undefined; piece = connection.peek()) {
    const taken = piece.slice(0, step);
    parts.push(taken);
    connection.advance(taken.length);
  }
  return concat(parts);
}

/** Takes all waiting output and decodes it with the bit reader of section 5.2. */
export function takeFrames(connection: Connection): OracleFrame[] {
  const { frames, left } = readFrames(takeOutput(connection));
  if (left > 0) throw new Error(`${left} bytes of a frame that is not whole`);
  return frames;
}

/** Takes all waiting frames, each as opcode name and hexadecimal payload. */
export function takeFrameTexts(connection: Connection): string[] {
  const names: Record<number, string> = {
    1: "text",
    2: "binary",
    8: "close",
    9: "ping",
    10: "pong",
  };
  return takeFrames(connection).map(
    ({ opcode, payload }) => `${names[opcode] ?? opcode} ${hex(payload)}`,
  );
}
