import process from "node:process";
import { type Colours, coloursFor } from "../terminal/colours.ts";
import { escapedJson, escapeText } from "../terminal/escape.ts";

/** One line of the log. The values may come from a peer. */
export interface LogEntry {
  readonly event: "listening" | "open" | "message" | "close" | "refused" | "error" | "stopped";
  readonly [name: string]: string | number | boolean | undefined;
}

/** Writes an entry. Returns whether the reader of the log has room for more. */
export type Log = (entry: LogEntry) => boolean;

/** Number of characters of a message that a log shows. */
export const previewLength = 200;

/** A log of one line for each entry on the standard output: JSON, or for people. */
export function createLog(form: "text" | "json" | "none"): Log {
  const { stdout } = process;
  if (form === "none") return () => true;
  if (form === "json") {
    return (entry) =>
      stdout.write(`${escapedJson({ time: new Date().toISOString(), ...entry })}\n`);
  }
  const colours = coloursFor(stdout);
  return (entry) => stdout.write(`${textLine(entry, colours)}\n`);
}

const colourOf = {
  listening: "bold",
  open: "green",
  message: "cyan",
  close: "yellow",
  refused: "red",
  error: "red",
  stopped: "bold",
} as const;

/** One line such as `message #1 text 5 bytes hello`. */
export function textLine({ event, ...values }: LogEntry, colours: Colours): string {
  const words = Object.entries(values).map(([name, value]) => {
    if (name === "id") return `#${value}`;
    if (name === "bytes") return `${value} bytes`;
    return value === undefined ? "" : escapeText(String(value));
  });
  const shown = words.filter((word) => word !== "").join(" ");
  return `${colours[colourOf[event]](event.padEnd(9))} ${shown}`;
}

/** What a log says about a message. */
export function describeMessage(data: string | Uint8Array): Omit<LogEntry, "event"> {
  if (typeof data === "string") {
    const preview = data.slice(0, previewLength);
    return { type: "text", bytes: Buffer.byteLength(data), data: preview };
  }
  const start = data.subarray(0, previewLength / 2);
  return { type: "binary", bytes: data.length, data: Buffer.from(start).toString("hex") };
}
