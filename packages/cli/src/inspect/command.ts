import process from "node:process";
import { FrameInspector, type InspectorOptions } from "@framewright/codec/inspect";
import { Command, Option } from "commander";
import { readBytes, readText, webSocketUrl } from "../client-options.ts";
import { CliError } from "../errors.ts";
import { decodeBase64, decodeHex, integer } from "../values.ts";
import { inspectCapture } from "./capture.ts";
import { isCapture } from "./capture-file.ts";
import { inflatorOpener } from "./inflate.ts";
import { runProxy } from "./proxy.ts";
import { Report, type ReportForm } from "./report.ts";

interface InspectValues {
  readonly base64?: string;
  readonly file?: string;
  readonly proxy?: string;
  readonly host: string;
  readonly port?: number;
  readonly from?: "client" | "server";
  readonly deflate?: boolean;
  readonly contextTakeover: boolean;
  readonly ca?: string;
  readonly insecure?: boolean;
  readonly form: ReportForm;
  readonly rows: number;
}

/** The exit status if the bytes break a rule. */
const faultStatus = 3;
/** Longest input that is read whole, in bytes. */
const maxInput = 1_073_741_824;

export function inspectCommand(finished: (status: number) => void): Command {
  return new Command("inspect")
    .description("Draw frames as RFC 6455 section 5.2 does, and name the rules that they break.")
    .argument("[hex...]", "bytes; without any, the standard input is read")
    .option("--base64 <text>", "bytes in base64")
    .option("-f, --file <file>", "a pcap or pcapng capture, bytes, or hex as text; - for the input")
    .option("--proxy <url>", "pass connections on to a server, and show their frames")
    .option("--host <address>", "where --proxy listens", "127.0.0.1")
    .option(
      "--port <port>",
      "where --proxy listens, or the server's port in a capture",
      integer(0, 65_535),
    )
    .addOption(
      new Option("--from <sender>", "who sent the bytes (default: by their MASK bit)").choices([
        "client",
        "server",
      ]),
    )
    .option("--deflate", "permessage-deflate was negotiated for the bytes")
    .option("--no-context-takeover", "with --deflate: no window is kept between messages")
    .option("--ca <file>", "with --proxy: trust the authorities of a PEM file")
    .option("-k, --insecure", "dangerous, with --proxy: accept any certificate")
    .addOption(
      new Option("--form <form>", "how frames are shown")
        .choices(["figure", "line", "json"])
        .default("figure"),
    )
    .option("--rows <count>", "rows of payload in a figure", integer(0, 1_000_000), 4)
    .action(async (hex: string[], values: InspectValues) => {
      finished(await runInspect(hex, values));
    });
}

async function runInspect(hex: string[], values: InspectValues): Promise<number> {
  const report = new Report(values.form, values.rows);
  if (values.proxy !== undefined) {
    await proxy(values.proxy, values, report);
    return 0;
  }
  const bytes = await inputOf(hex, values);
  if (isCapture(bytes)) await inspectCapture(bytes, values.port, inflatorOpener(), report);
  else await inspectBytes(bytes, values, report);
  return report.faults === 0 ? 0 : faultStatus;
}

async function inputOf(hex: string[], { base64, file }: InspectValues): Promise<Uint8Array> {
  const given = [hex.length > 0, base64 !== undefined, file !== undefined].filter(Boolean).length;
  if (given > 1) {
    throw new CliError("WS_ERR_CLI_USAGE", "hex, --base64 and --file exclude each other");
  }
  if (hex.length > 0) return decodeHex(hex.join(" ")) ?? noBytes("the arguments are no hex");
  if (base64 !== undefined) return decodeBase64(base64) ?? noBytes("--base64 has no base64");
  if (file !== undefined && file !== "-") return decodedFile(await readBytes(file));
  if (file === undefined && process.stdin.isTTY) return noBytes("bytes are needed; see --help");
  return decodedFile(await readInput());
}

function noBytes(message: string): never {
  throw new CliError("WS_ERR_CLI_USAGE", message);
}

/** The bytes of a file: those that its text stands for, if it is hex alone. */
function decodedFile(bytes: Uint8Array): Uint8Array {
  if (!bytes.every((byte) => byte < 0x80)) return bytes;
  const text = new TextDecoder().decode(bytes);
  return text.trim() === "" ? bytes : (decodeHex(text) ?? bytes);
}

async function readInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxInput) throw new CliError("WS_ERR_CLI_INPUT", "the input is longer than 1 GiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Shows the frames of one direction. */
async function inspectBytes(
  bytes: Uint8Array,
  { from, deflate, contextTakeover }: InspectValues,
  report: Report,
): Promise<void> {
  const options: InspectorOptions = {
    handshake: true,
    openInflator: inflatorOpener(),
    ...(from === undefined ? {} : { role: from === "client" ? "server" : "client" }),
    ...(deflate ? { deflate: { contextTakeover } } : {}),
  };
  const inspector = new FrameInspector(options);
  try {
    inspector.push(bytes);
    inspector.end();
    await report.takeFrames(inspector);
    await report.end(inspector, inspector.role === "client" ? "server" : "client", {});
  } finally {
    inspector.close();
  }
}

async function proxy(url: string, values: InspectValues, report: Report): Promise<void> {
  const text = webSocketUrl(url);
  if (!URL.canParse(text) || !/^wss?:/i.test(text)) {
    throw new CliError("WS_ERR_CLI_USAGE", "--proxy needs a ws: or wss: URL");
  }
  const ca = values.ca === undefined ? {} : { ca: await readText(values.ca) };
  const tls = values.insecure ? { ...ca, rejectUnauthorized: false } : ca;
  const { host, port = 0 } = values;
  const settings = { target: new URL(text), host, port, tls, openInflator: inflatorOpener() };
  await runProxy(settings, report);
}
