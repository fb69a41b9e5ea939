import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Maximum time for a server to start or to stop, in milliseconds. */
const timeout = 20_000;
const mostComplaints = 20;
const announcement = /^listening on (https?:\/\/\S+)$/;

const runtimes = {
  Node: { command: "node", options: [], entry: "node.ts" },
  Deno: { command: "deno", options: ["run", "--allow-net", "--allow-read"], entry: "deno.ts" },
  Bun: { command: "bun", options: [], entry: "bun.ts" },
} as const;
export type RuntimeName = keyof typeof runtimes;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A chat server in its own process, on the version of a runtime that this repository uses. */
export class ServerProcess {
  readonly name: RuntimeName;
  /** Settles with the server's URL when it listens; rejects if it ends before that. */
  readonly ready: Promise<string>;
  /** Settles when the process has ended. */
  readonly exited: Promise<Exit>;
  private readonly child: ChildProcess;
  private readonly complaints: string[] = [];
  private listening = false;

  /** @param flags - Further arguments, such as `--http2`. */
  constructor(name: RuntimeName, host: string, port: number, flags: readonly string[] = []) {
    this.name = name;
    this.child = start(name, ["--host", host, "--port", String(port), ...flags]);
    this.exited = new Promise((resolve) => {
      this.child.once("error", ({ message }) => {
        this.complaints.push(message);
        resolve({ code: null, signal: null });
      });
      this.child.once("close", (code, signal) => resolve({ code, signal }));
    });
    this.ready = this.waitForUrl();
    this.ready.catch(() => {}); // handled by the callers that await `ready`
  }

  /** Whether the server listens or has listened. */
  get hasListened(): boolean {
    return this.listening;
  }

  /** Asks the server to close its connections and to end. Settles when it has ended. */
  async stop(): Promise<Exit> {
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), timeout);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  private waitForUrl(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("it did not start in time")), timeout);
      this.readLines((url) => {
        clearTimeout(timer);
        this.listening = true;
        resolve(url);
      });
      this.exited.then(({ code, signal }) => {
        clearTimeout(timer);
        reject(new Error(this.complaints.join("\n") || `it ended immediately (${signal ?? code})`));
      });
    });
  }

  /**
   * Prints the server's output. Error lines before it listens are kept for the error of `ready`.
   */
  private readLines(found: (url: string) => void): void {
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) return;
    createInterface(stdout).on("line", (line) => {
      const url = announcement.exec(line)?.[1];
      if (url === undefined) console.log(`[${this.name}] ${line}`);
      else found(url);
    });
    createInterface(stderr).on("line", (line) => {
      if (this.listening) console.error(`[${this.name}] ${line}`);
      else if (this.complaints.length < mostComplaints) this.complaints.push(line);
    });
  }
}

function start(name: RuntimeName, args: readonly string[]): ChildProcess {
  const { command, options, entry } = runtimes[name];
  const binary = fileURLToPath(new URL(`../../node_modules/.bin/${command}`, import.meta.url));
  const script = fileURLToPath(new URL(entry, import.meta.url));
  return spawn(binary, [...options, script, ...args, "--until-stdin-ends"], {
    // Its standard input ends with this process, whatever the reason, so the server always ends
    // too.
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
  });
}
