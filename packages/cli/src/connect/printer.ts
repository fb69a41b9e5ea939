import process from "node:process";
import type { Interface } from "node:readline";
import { clearScreenDown, cursorTo } from "node:readline";
import { type Colours, coloursFor } from "../terminal/colours.ts";
import { escapeText } from "../terminal/escape.ts";
import { writeAll } from "../terminal/write.ts";
import { binaryText, formatMessage, type MessageFormat } from "./message-format.ts";

/** Prints what is received and what happens. Notes go to the standard error stream. */
export interface Printer {
  /** Resolves when the reader of the output has room for more. */
  message(data: string | Uint8Array): Promise<void>;
  /** @param text - May contain text of the peer. */
  note(text: string): void;
}

/** Prints for another program: messages alone on the standard output. */
export function pipePrinter(format: MessageFormat, isQuiet: boolean): Printer {
  return {
    message: (data) => writeAll(process.stdout, formatMessage(data, format)),
    note: (text) => {
      if (!isQuiet) process.stderr.write(`${escapeText(text)}\n`);
    },
  };
}

/** Prints above the line that is being typed. */
export function terminalPrinter(format: MessageFormat, lines: Interface): Printer {
  const { stdout } = process;
  const colours = coloursFor(stdout);
  let isEditing = true;
  lines.on("close", () => {
    isEditing = false;
  });
  const print = async (text: string) => {
    if (isEditing) {
      cursorTo(stdout, 0);
      clearScreenDown(stdout);
    }
    await writeAll(stdout, text);
    if (isEditing) lines.prompt(true);
  };
  return {
    message: (data) => print(shownMessage(data, format, colours)),
    note: (text) => void print(colours.dim(`${escapeText(text)}\n`)),
  };
}

function shownMessage(data: string | Uint8Array, format: MessageFormat, colours: Colours): string {
  const arrow = colours.green("<");
  if (typeof data === "string") return `${arrow} ${escapeText(data)}\n`;
  const size = colours.dim(`(${data.length} bytes)`);
  const digits = binaryText(data, format.binary);
  const spaced = format.binary === "hex" ? digits.replace(/..(?=.)/g, "$& ") : digits;
  return `${arrow} ${size} ${colours.cyan(spaced)}\n`;
}
