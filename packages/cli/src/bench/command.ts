import process from "node:process";
import cliProgress from "cli-progress";
import { Command } from "commander";
import {
  addClientOptions,
  type ClientValues,
  clientOptions,
  webSocketUrl,
} from "../client-options.ts";
import { CliError } from "../errors.ts";
import { coloursFor } from "../terminal/colours.ts";
import { integer, parseDuration, parsePositive, parseSize } from "../values.ts";
import { jsonReport, textReport } from "./report.ts";
import { BenchRun, type BenchSettings, type Progress } from "./run.ts";

interface BenchValues extends ClientValues {
  readonly connections: number;
  readonly size: number;
  readonly binaryMessages?: boolean;
  readonly rate?: number;
  readonly pipeline: number;
  readonly duration: number;
  readonly count?: number;
  readonly warmUp: number;
  readonly json?: boolean;
}

export function benchCommand(finished: (status: number) => void): Command {
  const command = new Command("bench")
    .description("Measure a server that echoes: throughput, and latency with its percentiles.")
    .argument("<url>", "ws: or wss: URL of a server that sends each message back")
    .option("-c, --connections <count>", "connections", integer(1, 65_536), 10)
    .option("--size <bytes>", "length of each message", parseSize, 64)
    .option("--binary-messages", "send binary messages instead of text")
    .option("--rate <messages>", "messages a second of all connections together", parsePositive)
    .option("-p, --pipeline <count>", "messages in flight on a connection", integer(1, 65_536), 1)
    .option("-d, --duration <time>", "how long to measure", parseDuration, 10_000)
    .option("-n, --count <messages>", "measure so many messages instead", integer(1, 2 ** 31))
    .option("--warm-up <time>", "how long to run before", parseDuration, 1_000)
    .option("--json", "print the result as JSON");
  for (const option of command.options) {
    if (option.defaultValue === 10_000) option.defaultValueDescription = "10s";
    if (option.defaultValue === 1_000) option.defaultValueDescription = "1s";
  }
  return addClientOptions(command).action(async (url: string, values: BenchValues) => {
    finished(await runBench(webSocketUrl(url), values));
  });
}

async function runBench(url: string, values: BenchValues): Promise<number> {
  const options = await clientOptions(values);
  const settings: BenchSettings = {
    connections: values.connections,
    size: values.size,
    isBinary: values.binaryMessages ?? false,
    rate: values.rate,
    pipeline: values.pipeline,
    warmUp: values.warmUp,
    duration: values.duration,
    count: values.count,
  };
  const bar = new ProgressBar();
  const run = new BenchRun(settings, (progress) => bar.show(progress));
  const interrupt = () => run.interrupt();
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    const result = await run.run(url, { ...options, heartbeat: false });
    bar.stop();
    process.stdout.write(
      values.json
        ? `${JSON.stringify(jsonReport(url, settings, result))}\n`
        : textReport(url, settings, result, coloursFor(process.stdout)),
    );
    checkResult(result.measurement);
    return result.isInterrupted ? 130 : 0;
  } finally {
    bar.stop();
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

function checkResult(found: { mismatches: number; lostConnections: number }): void {
  const { mismatches, lostConnections } = found;
  if (mismatches > 0) {
    throw new CliError(
      "WS_ERR_CLI_ECHO",
      `${mismatches} messages came back changed or out of order`,
    );
  }
  if (lostConnections > 0) {
    throw new CliError(
      "WS_ERR_CLI_ECHO",
      `${lostConnections} connections ended before the run did`,
    );
  }
}

/** A bar on the standard error stream, if that is a terminal. */
class ProgressBar {
  private readonly bar = new cliProgress.SingleBar({
    format: "{phase} {bar} {percentage}% {messages} messages",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    stream: process.stderr,
  });
  private isShown = false;

  show({ phase, done, messages }: Progress): void {
    const payload = { phase: phase.padEnd(10), messages };
    if (!this.isShown) this.bar.start(1_000, 0, payload);
    this.isShown = true;
    this.bar.update(Math.round(1_000 * done), payload);
  }

  stop(): void {
    if (this.isShown) this.bar.stop();
    this.isShown = false;
  }
}
