import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A process under test, with its output by line and its exit status. */
export class SubjectProcess {
  /** The exit code or the signal's name. */
  readonly exited: Promise<number | string>;
  private readonly process: ChildProcess;
  private readonly lines: string[] = [];
  private readonly waiting = new Map<number, PromiseWithResolvers<string>>();
  private errors = "";
  private failure: Error | undefined = undefined;

  /**
   * @param command - The executable by its absolute path, and its arguments.
   * @param environment - Variables beside those of this process.
   */
  constructor(command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const [executable, ...args] = command;
    this.process = spawn(executable, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...environment },
    });
    const { stdout, stderr } = this.process;
    if (stdout === null || stderr === null) throw new Error("stdio was asked to be pipes");
    stderr.on("data", (bytes) => {
      this.errors += bytes;
    });
    const reader = createInterface({ input: stdout });
    reader.on("line", (line) => this.take(line));
    const outputEnded = new Promise<void>((resolve) => reader.once("close", resolve));
    this.exited = new Promise((resolve) => {
      // A missing runtime is a failure like any other, never a reason to skip a test.
      this.process.once("error", (error) =>
        this.fail(`cannot run ${executable}: ${error.message}`),
      );
      this.process.once("exit", async (code, signal) => {
        await outputEnded;
        this.fail(`${command.join(" ")} ended with ${code ?? signal}: ${this.errors}`);
        resolve(code ?? signal ?? "");
      });
    });
  }

  /** The process id. */
  get pid(): number {
    if (this.process.pid === undefined) throw new Error("the process did not start");
    return this.process.pid;
  }

  get isRunning(): boolean {
    return this.failure === undefined && this.process.exitCode === null;
  }

  /** How the process ended, with what it printed on standard error; undefined while it runs. */
  get end(): string | undefined {
    return this.isRunning ? undefined : (this.failure?.message ?? "ended");
  }

  /** Number of printed lines. */
  get lineCount(): number {
    return this.lines.length;
  }

  /** All output on standard error. */
  get standardError(): string {
    return this.errors;
  }

  /**
   * Returns the line with an index as soon as it is printed. Rejects if the process ends before.
   */
  line(index: number): Promise<string> {
    if (index < this.lines.length) return Promise.resolve(this.lines[index]);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const waiter = this.waiting.get(index) ?? Promise.withResolvers<string>();
    this.waiting.set(index, waiter);
    return waiter.promise;
  }

  /** Sends a signal and waits until the process has ended. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<number | string> {
    if (this.isRunning) this.process.kill(signal);
    return this.exited;
  }

  private take(line: string): void {
    const index = this.lines.push(line) - 1;
    this.waiting.get(index)?.resolve(line);
    this.waiting.delete(index);
  }

  private fail(message: string): void {
    this.failure ??= new Error(message);
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}
