import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Line } from "./child.ts";
import { type Core, pinned } from "./machine.ts";
import { type Launcher, root } from "./runtimes.ts";

/** A pending read of one line. */
interface Waiter {
  resolve(line: Line): void;
  reject(error: Error): void;
}

/** A script to run, with its runtime and environment. */
export interface Program {
  readonly runtime: Launcher;
  /** Path of the script relative to the benchmarks folder. */
  readonly script: string;
  /** Flags of the runtime itself. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Options that the script reads with `runnerOptions`. */
  readonly options?: Line;
}

const running = new Set<ChildProcess>();

/** Kills every running process that was started here. */
export function stopAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/**
 * A child process that speaks lines of JSON: one when it is ready, then one per request. It exits
 * when its standard input ends.
 */
export class Subprocess {
  readonly pid: number;
  private readonly child: ChildProcess;
  private readonly script: string;
  private errors = "";
  private failure: Error | undefined = undefined;
  private waiting: Waiter | undefined = undefined;

  private constructor(core: Core, { runtime, script, flags, env, options }: Program) {
    const path = `${root}/benchmarks/${script}`;
    const command = [...runtime.command(flags), path, JSON.stringify(options ?? {})];
    const [executable, ...args] = pinned(core, command);
    this.script = `${script} on ${runtime.name}`;
    this.child = spawn(executable, args, {
      cwd: root,
      env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
    });
    this.pid = this.child.pid ?? 0;
    running.add(this.child);
    this.listen();
  }

  /** Starts a process and waits for its first line, which says that it is ready. */
  static async start(core: Core, program: Program): Promise<{ process: Subprocess; ready: Line }> {
    const process = new Subprocess(core, program);
    return { process, ready: await process.nextLine(60) };
  }

  /** Sends a request and waits for its answer. */
  async ask(request: Line, timeoutSeconds = 60): Promise<Line> {
    const answer = this.nextLine(timeoutSeconds);
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    return answer;
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }

  private listen(): void {
    const { child } = this;
    const { stdin, stdout, stderr } = child;
    if (stdin === null || stdout === null || stderr === null) throw new Error("no pipes");
    stdin.on("error", () => {}); // `close` reports the failure
    stderr.on("data", (bytes) => {
      this.errors = (this.errors + bytes).slice(-2_000);
    });
    createInterface({ input: stdout }).on("line", (line) => this.take(line));
    child.once("error", (error) => this.fail(error.message));
    child.once("close", (code, signal) => {
      running.delete(child);
      this.fail(`ended with ${code ?? signal}: ${errorLine(this.errors)}`);
    });
  }

  private take(line: string): void {
    if (line.startsWith("{")) this.waiting?.resolve(JSON.parse(line));
  }

  private fail(message: string): void {
    this.failure ??= new Error(`${this.script}: ${message}`);
    this.waiting?.reject(this.failure);
  }

  private nextLine(timeoutSeconds: number): Promise<Line> {
    const line = new Promise<Line>((resolve, reject) => {
      this.waiting = { resolve, reject };
      if (this.failure !== undefined) reject(this.failure);
    });
    const timer = setTimeout(() => {
      this.fail(`no answer within ${timeoutSeconds} s ${errorLine(this.errors)}`);
      this.stop();
    }, timeoutSeconds * 1_000);
    return line.finally(() => clearTimeout(timer));
  }
}

/**
 * Returns the most informative line of standard error: the first error message, or the last line.
 */
function errorLine(text: string): string {
  const lines = text.trim().split("\n");
  return lines.find((line) => /^\S*error/i.test(line)) ?? lines[lines.length - 1];
}
