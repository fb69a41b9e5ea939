import type { Mode, SubjectSocket } from "../subject-types.ts";

/** The calls that a script can make. */
export const calls = ["pause", "resume", "close", "terminate", "send", "ping", "drained"] as const;
export type Call = (typeof calls)[number];

/**
 * The callbacks in which it can make them. `message` is a handler that returns nothing, `async
 * message` one that returns a promise.
 */
export const callbacks = ["open", "message", "async message", "pong", "drain", "later"] as const;
export type Callback = (typeof callbacks)[number];

/** The calls to make in each callback when it runs for the first time. */
export type CallScript = Partial<Record<Callback, readonly Call[]>>;

/** The message that a script sends. */
export const scriptMessage = "from the script";
/** The status code with which a script closes. */
export const scriptStatusCode = 4_002;

/** More than the operating system buffers for a client that does not read. */
const muchOutput = new Uint8Array(8_388_608);

/** One connection's script and a log of all its calls and events. */
class ScriptRun {
  readonly log: string[] = [];
  readonly socket: SubjectSocket;
  private readonly script: CallScript;
  private readonly started = new Set<Callback>();

  constructor(socket: SubjectSocket) {
    this.socket = socket;
    this.script = JSON.parse(socket.data.get("script") as string);
  }

  start(): void {
    const { socket } = this;
    if (this.script.later !== undefined) setTimeout(() => this.run("later"), 10);
    if (this.script.drain !== undefined) this.log.push(`output ${socket.send(muchOutput)}`);
    this.run("open");
  }

  /** Makes the calls of a callback. They are synchronous until one must be awaited. */
  run(callback: Callback): Promise<void> | undefined {
    const script = this.script[callback];
    if (script === undefined || this.started.has(callback)) return undefined;
    this.started.add(callback);
    return this.callFrom(0, script, callback);
  }

  /** Runs as a handler that is asynchronous for every message. */
  async runAsync(): Promise<void> {
    this.log.push("busy");
    await null;
    await this.run("async message");
    this.log.push("free");
  }

  get isAsync(): boolean {
    return this.script["async message"] !== undefined;
  }

  private callFrom(
    start: number,
    script: readonly Call[],
    callback: Callback,
  ): Promise<void> | undefined {
    for (let index = start; index < script.length; index++) {
      const call = script[index];
      this.log.push(`call ${call}`);
      if (call === "drained") {
        return this.socket.drained.then(() => this.callFrom(index + 1, script, callback));
      }
      this.call(call);
    }
    this.log.push(`ran ${callback}`);
    return undefined;
  }

  private call(call: Exclude<Call, "drained">): void {
    const { socket, log } = this;
    if (call === "close") socket.close(scriptStatusCode);
    else if (call === "send") log.push(`send: ${socket.send(scriptMessage)}`);
    else if (call === "ping") log.push(`ping: ${socket.ping()}`);
    else socket[call]();
  }
}

/** Makes calls on sockets according to the query's script and logs what happens. */
export const scripted: Mode = () => {
  const runs = new Map<string, ScriptRun>();
  const runOf = (socket: SubjectSocket) => runs.get(socket.data.get("id") as string) as ScriptRun;
  return {
    open: (socket) => {
      const run = new ScriptRun(socket);
      runs.set(socket.data.get("id") as string, run);
      run.start();
    },
    message(socket, data) {
      const run = runOf(socket);
      run.log.push(`message ${data}`);
      if (run.isAsync) return run.runAsync();
      run.run("message");
      return undefined;
    },
    pong: (socket) => void runOf(socket).run("pong"),
    drain: (socket) => void runOf(socket).run("drain"),
    close(socket, statusCode, _, wasClean) {
      runOf(socket).log.push(`closed ${statusCode} ${wasClean ? "cleanly" : "not cleanly"}`);
    },
    http({ path, query }) {
      const run = runs.get(new URLSearchParams(query).get("id") as string);
      if (run !== undefined && path === "/resume") {
        run.log.push("call resume");
        run.socket.resume();
      }
      return { status: 200, body: JSON.stringify(run?.log ?? []) };
    },
  };
};
