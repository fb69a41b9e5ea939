import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

let bundled: string | undefined;

/** The command line and the library in one file, from their sources: it starts five times as fast. */
export function bundle(): string {
  if (bundled !== undefined) return bundled;
  const outfile = join(mkdtempSync(join(tmpdir(), "framewright-cli-")), "cli.mjs");
  buildSync({
    entryPoints: [main],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@framewright/source", "node"],
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  bundled = outfile;
  return outfile;
}

/** How a command ended, and what it printed. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export class RunningCommand {
  stdout = "";
  stderr = "";
  readonly process: ChildProcess;
  readonly outcome: Promise<Outcome>;

  constructor(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const { FORCE_COLOR: _, ...inherited } = process.env;
    const env = { ...inherited, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...environment };
    this.process = spawn(command[0], command.slice(1), { env });
    // A command that ends early does not read its input.
    this.process.stdin?.on("error", () => {});
    this.process.stdout?.on("data", (piece) => {
      this.stdout += piece;
    });
    this.process.stderr?.on("data", (piece) => {
      this.stderr += piece;
    });
    this.outcome = new Promise((resolve) => {
      this.process.once("close", (status) => {
        resolve({ status, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }
}

/** Starts the command line with these words. */
export function start(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): RunningCommand {
  return new RunningCommand([process.execPath, bundle(), ...words], environment);
}

/** Runs the command line to its end. */
export function run(words: readonly string[], input: string | Uint8Array = ""): Promise<Outcome> {
  const command = start(words);
  command.process.stdin?.end(input);
  return command.outcome;
}
