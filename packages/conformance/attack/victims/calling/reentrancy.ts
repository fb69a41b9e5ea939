import { broadcast, type Server } from "@framewright/websocket";
import type { Query, SubjectSocket } from "../../../src/attack/subject-types.ts";

export const callbackNames = [
  "open",
  "message",
  "pong",
  "drain",
  "dropped",
  "wire",
  "close",
  "error",
] as const;
export type CallbackName = (typeof callbackNames)[number];

type Call = (
  socket: SubjectSocket,
  server: Server<Query>,
  /** Settles when the peer is gone. */
  released: Promise<void>,
) => unknown;

/** More than the operating system buffers for a client that does not read. */
const muchOutput = new Uint8Array(6_000_000);

/** Every method that an application has, and what its callbacks can do else. */
export const calls = {
  send: (socket) => socket.send("again"),
  "send much": (socket) => socket.send(muchOutput.subarray(0, 1_000_000)),
  offer: (socket) => socket.offer("again", 0),
  ping: (socket) => socket.ping(),
  close: (socket) => socket.close(4_002),
  terminate: (socket) => socket.terminate(),
  pause: (socket) => socket.pause(),
  resume: (socket) => socket.resume(),
  subscribe: (socket) => socket.subscribe("topic"),
  unsubscribe: (socket) => socket.unsubscribe("topic"),
  publish: (_, server) => server.publish("topic", "to all"),
  broadcast: (socket) => broadcast([socket], "to one", { maxBufferedAmount: 0 }),
  stats: (_, server) => server.stats(),
  drained: (socket) => socket.drained,
  closed: (socket) => void socket.closed,
  throw() {
    throw new Error("thrown by the application");
  },
  reject: () => Promise.reject(new Error("rejected by the application")),
  "never settle": (_, __, released) => released,
} as const satisfies Record<string, Call>;
export type CallName = keyof typeof calls;

/** What a run tells when asked. */
export interface RunState {
  /** The callbacks that were called. */
  readonly entered: readonly string[];
  readonly faults: readonly string[];
  readonly closes: number;
  /** Whether output waits, if the callback needs that. */
  readonly isFilled: boolean;
}

/** One connection on which a callback makes a call, again and again if the call calls it. */
export class Reentrancy {
  private readonly socket: SubjectSocket;
  private readonly server: Server<Query>;
  private readonly callback: CallbackName;
  private readonly call: Call;
  private readonly entered = new Set<string>();
  private readonly faults: string[] = [];
  private readonly released = Promise.withResolvers<void>();
  private closes = 0;
  private calledTimes = 0;
  private isFilled = false;
  private isReleased = false;

  constructor(socket: SubjectSocket, server: Server<Query>) {
    this.socket = socket;
    this.server = server;
    this.callback = socket.data.get("callback") as CallbackName;
    this.call = calls[socket.data.get("call") as CallName];
  }

  get state(): RunState {
    const { faults, closes, isFilled } = this;
    return { entered: [...this.entered], faults, closes, isFilled };
  }

  /**
   * The peer is gone. What was received is still delivered, and the close event comes after it, so
   * that it needs a socket that is not paused and a handler that settles.
   */
  release(): void {
    this.isReleased = true;
    this.released.resolve();
    this.socket.resume();
  }

  enter(callback: CallbackName): undefined {
    if (this.closes > 0) this.faults.push(`${callback} after the close event`);
    if (callback === "close") this.closes++;
    this.entered.add(callback);
    const isErrors = this.callback === "error" && callback === "message";
    if (isErrors) throw new Error("thrown by the application");
    // The types promise a void result, but users may return anything.
    if (callback === "message" && !this.isFilled) this.fill();
    if (callback === this.callback) return this.perform() as undefined;
    return undefined;
  }

  /** The `error` handler. */
  failed(error: unknown): void {
    this.entered.add("error");
    const isOurs = error instanceof Error && error.message.endsWith("by the application");
    if (!isOurs) this.faults.push(`error: ${error}`);
    else if (this.callback === "error") void this.perform();
  }

  /** Some callbacks need output that waits. */
  private fill(): void {
    this.isFilled = true;
    if (this.callback !== "drain" && this.callback !== "dropped") return;
    for (let i = 0; i < 2; i++) this.socket.send(muchOutput);
    if (this.callback === "dropped") this.socket.offer("skipped", 0);
  }

  /** Calls at most a few times: some calls call the callback from within. */
  private perform(): unknown {
    if (this.calledTimes++ >= 4 || this.isReleased) return undefined;
    return this.call(this.socket, this.server, this.released.promise);
  }
}
