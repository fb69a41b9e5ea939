import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Longest wait for an answer in milliseconds: a process that takes longer hangs. */
const patience = 30_000;

/** A child process that prints a line of JSON when it is ready, and one per line that it is sent. */
export class LineProcess {
  private readonly child: ChildProcess;
  private readonly name: string;
  private errors = "";
  private ending: string | undefined = undefined;
  private waiting: PromiseWithResolvers<unknown> | undefined = undefined;

  private constructor(name: string, [program, ...args]: readonly string[]) {
    this.name = name;
    const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
    this.child = spawn(program, args, { env });
    const { stdin, stdout, stderr } = this.child;
    if (stdin === null || stdout === null || stderr === null) throw new Error("no pipes");
    stdin.on("error", () => {}); // `exit` reports it
    stderr.on("data", (bytes) => {
      this.errors = (this.errors + bytes).slice(0, 10_000);
    });
    createInterface({ input: stdout }).on("line", (line) =>
      this.waiting?.resolve(JSON.parse(line)),
    );
    this.child.once("error", (error) => this.end(error.message));
    this.child.once("exit", (code, signal) => this.end(`ended with ${code ?? signal}`));
  }

  /** @returns The process and its first line. */
  static async start<T>(
    name: string,
    command: readonly string[],
  ): Promise<{ process: LineProcess; ready: T }> {
    const process = new LineProcess(name, command);
    return { process, ready: await process.nextLine<T>() };
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get isRunning(): boolean {
    return this.ending === undefined;
  }

  /** The first 10,000 characters on standard error. */
  get standardError(): string {
    return this.errors;
  }

  /** Sends a line and returns the answer. */
  ask<T>(question: unknown): Promise<T> {
    const answer = this.nextLine<T>();
    this.child.stdin?.write(`${JSON.stringify(question)}\n`);
    return answer;
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }

  private async nextLine<T>(): Promise<T> {
    if (this.ending !== undefined) throw new Error(`${this.name} ${this.ending}: ${this.errors}`);
    const waiting = Promise.withResolvers<unknown>();
    this.waiting = waiting;
    const timer = setTimeout(
      () => waiting.reject(new Error(`${this.name} hangs: no answer within ${patience} ms`)),
      patience,
    );
    return waiting.promise.finally(() => clearTimeout(timer)) as Promise<T>;
  }

  private end(how: string): void {
    this.ending ??= how;
    this.waiting?.reject(new Error(`${this.name} ${how}: ${this.errors}`));
  }
}
