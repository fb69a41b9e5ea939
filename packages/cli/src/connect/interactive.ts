import process from "node:process";
import { clearScreenDown, createInterface, cursorTo, type Interface } from "node:readline";
import type { Socket } from "framewright";
import { describeError } from "../errors.ts";
import { coloursFor } from "../terminal/colours.ts";
import { appendHistory } from "./history.ts";
import type { Printer } from "./printer.ts";
import { sendFile, sendMessage } from "./session.ts";
import { parseTypedLine, slashHelp, type TypedLine } from "./slash-commands.ts";

/** Opens the line editor. Nothing is shown before its first prompt. */
export function openEditor(history: string[]): Interface {
  const colours = coloursFor(process.stdout);
  return createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: true,
    history,
    historySize: 1_000,
    removeHistoryDuplicates: true,
    prompt: `${colours.bold(">")} `,
  });
}

/** Handles lines as they are typed, one after another, until the connection has ended. */
export async function converse(
  socket: Socket,
  lines: Interface,
  printer: Printer,
  historyFile: string | undefined,
): Promise<void> {
  let earlier: Promise<void> = Promise.resolve();
  lines.on("line", (line) => {
    earlier = earlier.then(() => handleLine(line));
  });
  let isClosed = false;
  lines.on("close", () => {
    isClosed = true;
    socket.close(1000);
  });
  const handleLine = async (line: string) => {
    try {
      await appendHistory(historyFile, line);
      await obey(socket, parseTypedLine(line), printer);
    } catch (error) {
      printer.note(describeError(error, false).trimEnd());
    }
    if (!isClosed && socket.readyState === "open") lines.prompt();
  };
  lines.prompt();
  await socket.closed;
  // What was typed last is not sent any more.
  cursorTo(process.stdout, 0);
  clearScreenDown(process.stdout);
  lines.close();
}

async function obey(socket: Socket, line: TypedLine, printer: Printer): Promise<void> {
  switch (line.kind) {
    case "message":
      return sendMessage(socket, line.data);
    case "ping":
      socket.ping(pingPayload(line.payload));
      return;
    case "file":
      return sendFile(socket, line.path, line.isText);
    case "close":
      return socket.close(line.statusCode, line.reason);
    case "quit":
      return socket.close(1000);
    case "terminate":
      return socket.terminate();
    case "info":
      return printer.note(describeSocket(socket));
    case "help":
      for (const text of slashHelp.trimEnd().split("\n")) printer.note(text);
      return;
    case "mistake":
      return printer.note(line.message);
  }
}

const pingsSentAt = new Map<string, number>();

function pingPayload(text: string): Uint8Array {
  if (pingsSentAt.size > 100) pingsSentAt.clear();
  pingsSentAt.set(text, performance.now());
  return new TextEncoder().encode(text);
}

/** Describes the answer to a Ping that was typed; undefined for those of the heartbeat. */
export function describePong(payload: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(payload);
  const sentAt = pingsSentAt.get(text);
  if (sentAt === undefined) return undefined;
  pingsSentAt.delete(text);
  const time = `${(performance.now() - sentAt).toFixed(1)} ms`;
  return text === "" ? `pong, ${time}` : `pong ${JSON.stringify(text)}, ${time}`;
}

/** Describes what was negotiated. */
export function describeSocket(socket: Socket): string {
  const parts = [`peer ${socket.remoteAddress || "unknown"}`];
  if (socket.subprotocol !== "") parts.push(`subprotocol ${socket.subprotocol}`);
  parts.push(socket.extensions === "" ? "no extensions" : socket.extensions);
  if (socket.latency !== undefined) parts.push(`round trip ${socket.latency.toFixed(1)} ms`);
  return parts.join(", ");
}
