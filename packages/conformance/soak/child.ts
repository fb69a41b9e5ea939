import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { residentMemory } from "../src/attack/process-figures.ts";
import { type Runtime, repositoryPath } from "../src/runtimes.ts";
import type { EndReport, Line, Request } from "./lines.ts";
import type { Role } from "./role.ts";

/** Flags that let a script collect garbage. */
const garbageCollection = { node: ["--expose-gc"], deno: ["--v8-flags=--expose-gc"], bun: [] };
/** Seconds for an answer. Opening many connections takes longest. */
const patience = 120;

/** What a process reports unasked. */
export interface Reports {
  fault(text: string): void;
  ended?(report: EndReport): void;
}

/** A process of the soak: it answers requests, and ends by itself once its input has ended. */
export class Child {
  readonly pid: number;
  /** The exit code or the signal's name. */
  readonly exited: Promise<number | string>;
  readonly name: string;
  /** The most resident memory of all samples, in bytes. */
  mostResident = 0;
  private readonly process: ChildProcess;
  private waiting: PromiseWithResolvers<unknown> | undefined = undefined;
  private errors = "";

  /** The packages run from their sources, so that changes take effect without a build. */
  constructor(runtime: Runtime, role: Role, reports: Reports) {
    const script = repositoryPath(`packages/conformance/soak/process-${runtime.name}.ts`);
    const flags = ["--conditions=@framewright/source", ...garbageCollection[runtime.name]];
    const [executable, ...args] = [...runtime.command, ...flags, script, JSON.stringify(role)];
    this.name = `${role.role} on ${runtime.name}`;
    this.process = spawn(executable, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    });
    this.pid = this.process.pid ?? 0;
    this.exited = new Promise((resolve) => {
      this.process.once("close", (code, signal) => {
        this.waiting?.reject(new Error(`${this.name} ended: ${this.errors}`));
        resolve(code ?? signal ?? "");
      });
    });
    this.process.once("error", (error) => this.waiting?.reject(error));
    this.process.stdin?.on("error", () => {}); // "close" follows
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.errors = (this.errors + text).slice(-4_000);
    });
    createInterface({ input: this.process.stdout as NodeJS.ReadableStream }).on("line", (text) => {
      const line: Line = JSON.parse(text);
      if (line.fault !== undefined) reports.fault(`${this.name}: ${line.fault}`);
      if (line.ended !== undefined) reports.ended?.(line.ended);
      if (line.ready !== undefined) this.waiting?.resolve(line.ready);
      if (line.answer !== undefined) this.waiting?.resolve(line.answer);
    });
  }

  /** Returns the port of a server. */
  ready(): Promise<number> {
    return this.nextAnswer("ready") as Promise<number>;
  }

  ask<Answer = null>(request: Request): Promise<Answer> {
    const answer = this.nextAnswer(request.do);
    this.process.stdin?.write(`${JSON.stringify(request)}\n`);
    return answer as Promise<Answer>;
  }

  /** Ends the input, after which the process should end. Returns its exit code, or why it has none. */
  async end(): Promise<number | string> {
    this.process.stdin?.end();
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`still running after ${patience} s`), patience * 1_000);
    });
    const result = await Promise.race([this.exited, tooLong]);
    clearTimeout(timer);
    return this.errors === "" ? result : `${result}: ${this.errors}`;
  }

  sampleMemory(): void {
    this.mostResident = Math.max(this.mostResident, residentMemory(this.pid));
  }

  kill(): void {
    this.process.kill("SIGKILL");
  }

  private nextAnswer(what: string): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.waiting = waiting;
    const timer = setTimeout(
      () => waiting.reject(new Error(`${this.name}: no answer to ${what} in ${patience} s`)),
      patience * 1_000,
    );
    return waiting.promise.finally(() => clearTimeout(timer));
  }
}
