import process from "node:process";
import { Command, InvalidArgumentError, Option } from "commander";
import { type ConnectOptions, connect, HandshakeError, type Socket } from "framewright";
import {
  addClientOptions,
  type ClientValues,
  clientOptions,
  webSocketUrl,
} from "../client-options.ts";
import { exitStatusOfClose, statusName } from "../exit-status.ts";
import { collect, integer, parseDuration } from "../values.ts";
import { follow } from "./follow.ts";
import { FrameWatch } from "./frame-watch.ts";
import { readHistory } from "./history.ts";
import type { InputFormat } from "./input.ts";
import { converse, describePong, describeSocket, openEditor } from "./interactive.ts";
import type { BinaryText, OutputFormat } from "./message-format.ts";
import { type Printer, pipePrinter, terminalPrinter } from "./printer.ts";
import { finish, sendInput, sendMessage } from "./session.ts";

interface ConnectValues extends ClientValues {
  readonly execute?: readonly string[];
  readonly wait?: number;
  readonly count?: number;
  readonly input: InputFormat;
  readonly output: OutputFormat;
  readonly binary: BinaryText;
  readonly reconnect?: boolean;
  readonly history?: string;
  readonly showHeaders?: boolean;
  readonly showPings?: boolean;
  readonly showFrames?: boolean;
  readonly quiet?: boolean;
}

/** How long replies are awaited after the input has ended, in milliseconds. */
const defaultWait = 1_000;

export function connectCommand(finished: (status: number) => void): Command {
  const command = new Command("connect")
    .description("Talk to a server, in a terminal or through pipes.")
    .argument("<url>", "ws: or wss: URL; a host and port alone means ws:")
    .option("-x, --execute <text>", "send a message, then wait for replies; repeatable", collect)
    .option(
      "-w, --wait <time>",
      'wait so long after the input (default 1s), or "forever"',
      parseWait,
    )
    .option("-n, --count <messages>", "close after so many messages", integer(1, 1e9))
    .addOption(
      new Option("-i, --input <format>", "what the standard input is")
        .choices(["line", "json", "hex", "base64", "ndjson", "text", "binary"])
        .default("line"),
    )
    .addOption(
      new Option("-o, --output <format>", "how messages are printed")
        .choices(["line", "ndjson", "raw"])
        .default("line"),
    )
    .addOption(
      new Option("-b, --binary <form>", "how binary messages are printed")
        .choices(["hex", "base64"])
        .default("hex"),
    )
    .option("--reconnect", "connect again when the connection is lost; reads no input")
    .option("--history <file>", "keep the lines that are typed in a file")
    .option("--show-headers", "show what was negotiated, and the headers of the response")
    .option("--show-pings", "show Pings and Pongs, which are answered in any case")
    .option("--show-frames", "show all frames, a line for each")
    .option("-q, --quiet", "print messages alone");
  return addClientOptions(command).action(async (url: string, values: ConnectValues) => {
    finished(await runConnect(webSocketUrl(url), values));
  });
}

function parseWait(text: string): number {
  if (text === "forever") return Number.POSITIVE_INFINITY;
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('It must be a time such as 5s or 250ms, or "forever".');
  }
}

async function runConnect(url: string, values: ConnectValues): Promise<number> {
  const options = await clientOptions(values);
  if (values.reconnect) {
    const { execute = [], count = Number.POSITIVE_INFINITY } = values;
    return follow(url, options, execute, count, pipePrinter(values, values.quiet ?? false));
  }
  const isInteractive =
    values.execute === undefined && process.stdin.isTTY === true && process.stdout.isTTY === true;
  const lines = isInteractive ? openEditor(await readHistory(values.history)) : undefined;
  const printer =
    lines === undefined
      ? pipePrinter(values, values.quiet ?? false)
      : terminalPrinter(values, lines);
  try {
    const socket = await open(url, options, values, printer);
    const interrupt = new Interrupt(socket);
    lines?.on("SIGINT", () => interrupt.signal());
    if (values.showHeaders || lines !== undefined) printer.note(`open: ${describeSocket(socket)}`);
    if (lines === undefined) await sendAndFinish(socket, values);
    else await converse(socket, lines, printer, values.history);
    return await end(socket, printer, interrupt, lines !== undefined);
  } finally {
    lines?.close();
  }
}

/** Opens the connection. The headers of a refusal are printed if that was asked for. */
async function open(
  url: string,
  options: ConnectOptions,
  values: ConnectValues,
  printer: Printer,
): Promise<Socket> {
  let left = values.count ?? Number.POSITIVE_INFINITY;
  const watched = values.showFrames ? "all" : values.showPings ? "pings" : undefined;
  const watch = watched && new FrameWatch(watched, (line) => printer.note(line));
  try {
    return await connect(url, {
      ...options,
      ...(watch && { wire: (_socket, direction, bytes) => watch.take(direction, bytes) }),
      message: async (socket, data) => {
        if (left <= 0) return;
        left--;
        await printer.message(data);
        if (left === 0) socket.close(1000);
      },
      response: (_socket, headers) => {
        if (values.showHeaders) showHeaders(headers, printer);
      },
      pong: (_socket, payload) => {
        const text = describePong(payload);
        if (text !== undefined) printer.note(text);
      },
    });
  } catch (error) {
    if (values.showHeaders && error instanceof HandshakeError) showRefusal(error, printer);
    throw error;
  }
}

function showRefusal({ status, headers, bodyText }: HandshakeError, printer: Printer): void {
  if (status !== 0) printer.note(`HTTP status ${status}`);
  showHeaders(headers ?? [], printer);
  for (const line of bodyText.split("\n").slice(0, 20)) if (line !== "") printer.note(line);
}

function showHeaders(headers: Iterable<readonly [string, string]>, printer: Printer): void {
  for (const [name, value] of headers) printer.note(`${name}: ${value}`);
}

async function sendAndFinish(socket: Socket, values: ConnectValues): Promise<void> {
  const { execute } = values;
  const sending =
    execute === undefined ? sendInput(socket, values.input) : sendAll(socket, execute);
  try {
    // The input may stay open for longer than the connection.
    await Promise.race([sending, socket.closed]);
  } catch (error) {
    socket.close(1000);
    await socket.closed;
    throw error;
  }
  const wait = values.count === undefined ? defaultWait : Number.POSITIVE_INFINITY;
  await finish(socket, values.wait ?? wait);
}

async function sendAll(socket: Socket, messages: readonly string[]): Promise<void> {
  for (const message of messages) await sendMessage(socket, message);
}

async function end(
  socket: Socket,
  printer: Printer,
  interrupt: Interrupt,
  isInteractive: boolean,
): Promise<number> {
  const { statusCode, reason, error } = await socket.closed;
  interrupt.stop();
  const status = exitStatusOfClose(statusCode);
  if (isInteractive || status !== 0) {
    const why = error === undefined ? reason : `${error.message} (${codeOf(error)})`;
    const suffix = why === "" ? "" : `: ${why}`;
    printer.note(`closed: ${statusCode}, ${statusName(statusCode)}${suffix}`);
  }
  return interrupt.count > 0 ? 130 : status;
}

function codeOf(error: Error): string {
  return String((error as { code?: unknown }).code ?? error.name);
}

/** Closes the socket at the first interrupt, such as Ctrl-C, and ends the connection at the second. */
class Interrupt {
  count = 0;
  private readonly socket: Socket;
  private readonly listener = () => this.signal();

  constructor(socket: Socket) {
    this.socket = socket;
    process.on("SIGINT", this.listener);
    process.on("SIGTERM", this.listener);
  }

  signal(): void {
    this.count++;
    if (this.count === 1) this.socket.close(1000);
    else this.socket.terminate();
  }

  stop(): void {
    process.off("SIGINT", this.listener);
    process.off("SIGTERM", this.listener);
  }
}
