import * as zlib from "node:zlib";
import { CompressorPool, type Compressors } from "@framewright/codec/deflate";
import type { CommonOptions, Server } from "@framewright/websocket";
import { TestClock } from "@framewright/websocket/testing";
import type { ServerHandshakeSettings } from "../../src/server/handshake-settings.ts";
import { zlibCompressors } from "../../src/zlib/zlib-compressors.ts";
import { deliveryFaults, type Side, Speaker } from "./conversation.ts";
import { type FaultyConnection, type MemoryNetwork, memoryNetwork } from "./memory-network.ts";
import type { Schedule, SideOptions, Step } from "./schedule.ts";

const compressors = zlibCompressors(zlib) as Compressors;
const sides: readonly Side[] = ["client", "server"];
const closeTimeout = 5_000;
/** More than all timeouts of the options below together, in milliseconds. */
const longTime = 60_000;

/** Immediates run after all microtasks, and a session that yields continues in one. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What is left when everything has ended. */
interface SettingsHolder {
  readonly settings: ServerHandshakeSettings<undefined>;
}

interface Remains {
  readonly clients: number;
  readonly bufferedAmount: number;
  readonly countedOutput: number;
  readonly receiveMemory: number;
  readonly subscribers: number;
  readonly closes: number;
  readonly accepted: number;
  readonly timers: number;
}

/** Plays a schedule. Returns what went wrong, in words; nothing if all promises are kept. */
export async function faultsOf(schedule: Schedule): Promise<string[]> {
  const clock = TestClock.install();
  try {
    const run = new ScheduleRun(schedule, clock);
    await run.play();
    return run.faults();
  } finally {
    clock.uninstall();
  }
}

class ScheduleRun {
  private readonly schedule: Schedule;
  private readonly clock: TestClock;
  private readonly speakers = { client: new Speaker("client"), server: new Speaker("server") };
  private readonly pool = new CompressorPool(compressors);
  private network!: MemoryNetwork<undefined>;
  private connection!: FaultyConnection<undefined>;
  private handshakeError: Error | undefined = undefined;
  private readonly notes: string[] = [];
  private remains: Remains | undefined = undefined;

  constructor(schedule: Schedule, clock: TestClock) {
    this.schedule = schedule;
    this.clock = clock;
  }

  async play(): Promise<void> {
    const { options, faults, steps } = this.schedule;
    const { client, server } = this.speakers;
    const handlers = server.handlers(options.server.iterates);
    const support = { compressors: () => this.pool };
    this.network = await memoryNetwork(
      {
        ...handlers,
        ...this.commonOptions(options.server),
        open(socket) {
          socket.subscribe("all");
          return handlers.open?.(socket);
        },
      },
      support,
    );
    this.connection = this.network.connect(
      {
        ...client.handlers(options.client.iterates),
        ...this.commonOptions(options.client),
      },
      faults,
    );
    this.connection.socket.catch((error) => {
      this.handshakeError = error;
    });
    // Most schedules are about what follows the opening handshake.
    await this.settle();
    for (const step of steps) await this.take(step);
    await this.end();
  }

  private commonOptions(side: SideOptions): CommonOptions {
    const { whenFull, maxBufferedAmount, heartbeat } = side;
    return {
      whenFull,
      maxBufferedAmount,
      highWaterMark: Math.min(maxBufferedAmount, 65_536),
      lowWaterMark: Math.min(maxBufferedAmount, 16_384),
      heartbeat: heartbeat ? { interval: 1_000, timeout: 1_000 } : false,
      closeTimeout,
      ...(this.schedule.compresses ? { compression: { threshold: 0, contextTakeover: true } } : {}),
    };
  }

  private async take(step: Step): Promise<void> {
    if (step.step === "act") this.speakers[step.by].act(step.action);
    else if (step.step === "in handler") this.speakers[step.by].inHandlers.push(step.actions);
    else if (step.step === "wait") this.clock.advanceSync(step.time);
    else if (step.step === "settle") return this.settle();
    else {
      const end = this.connection[step.at];
      if (step.direction === "output") end.passOutput(step.length);
      else end.passInput(step.length);
    }
    await Promise.resolve();
  }

  /** Passes everything on until nothing moves. */
  private async settle(): Promise<void> {
    const ends = sides.map((side) => this.connection[side]);
    for (let idle = 0; idle < 3; idle++) {
      await nextTurn();
      for (const end of ends) if (end.passOutput()) idle = -1;
      // In a turn of its own, because memory pipes deliver in microtasks.
      await Promise.resolve();
      for (const end of ends) if (end.passInput()) idle = -1;
    }
  }

  /** Ends the conversation, and then what is left of the connection, by its timeouts. */
  private async end(): Promise<void> {
    const { client, server } = this.speakers;
    for (const speaker of [client, server]) {
      speaker.inHandlers.length = 0;
      speaker.act({ do: "be free" });
      speaker.act({ do: "resume" });
    }
    await this.settle();
    const isClosing = sides.some((side) => this.speakers[side].socket?.readyState !== "open");
    if (!isClosing) this.speakers[this.schedule.closer].act({ do: "close", statusCode: 1000 });
    for (let times = 0; times < 4; times++) {
      await this.settle();
      for (const speaker of [client, server]) speaker.free();
      this.clock.advanceSync(longTime);
    }
    await this.settle();
    // Behind a cable that was cut and without heartbeats, an end is never noticed.
    for (const side of sides) {
      if (this.speakers[side].socket?.readyState === "open" && !this.isNoticed(side))
        this.speakers[side].act({ do: "terminate" });
    }
    await nextTurn();
    for (const side of sides) await this.speakers[side].hasRead;
    this.remains = this.measure(this.network.server);
    const { terminated } = await this.network.server.close();
    if (terminated > 0) this.notes.push("a socket was still open when the server was closed");
    this.clock.advanceSync(longTime);
    this.clock.advanceSync(longTime);
    // Not the number of timers: those of sockets that other test files left open may be among them.
    const { shared } = (this.network.server as unknown as SettingsHolder).settings;
    for (const life of shared.lives.values()) {
      if ((life as unknown as { count: number }).count > 0) this.notes.push("a socket is watched");
    }
  }

  /** Whether a side must notice by itself that the other side is gone. */
  private isNoticed(side: Side): boolean {
    return this.schedule.options[side].heartbeat;
  }

  private measure(server: Server): Remains {
    const { shared } = (server as unknown as SettingsHolder).settings;
    const stats = server.stats();
    return {
      clients: server.clients.size,
      bufferedAmount: stats.bufferedAmount,
      countedOutput: shared.backlog?.amount ?? 0,
      receiveMemory: (shared.receiveMemory as unknown as { used: number }).used,
      subscribers: server.subscriberCount("all"),
      closes: Object.values(stats.closes).reduce((sum, count) => sum + count, 0),
      accepted: stats.accepted,
      timers: this.clock.waiting,
    };
  }

  /** Checks all promises. */
  faults(): string[] {
    const { client, server } = this.speakers;
    const faults = [...this.notes, ...client.faults, ...server.faults];
    faults.push(...deliveryFaults(client, server), ...deliveryFaults(server, client));
    faults.push(...this.lossFaults(client, server), ...this.lossFaults(server, client));
    for (const speaker of [client, server]) faults.push(...this.endFaults(speaker));
    if ((client.socket === undefined) !== (this.handshakeError !== undefined))
      faults.push(`client: connect ended with ${this.handshakeError ?? "nothing"}`);
    const { closes, accepted, ...rest } = this.remains as Remains;
    if (closes !== accepted) faults.push(`${accepted} sockets were opened and ${closes} closed`);
    for (const [name, value] of Object.entries(rest))
      if (value !== 0) faults.push(`${name} is ${value} when everything has ended`);
    return faults;
  }

  private endFaults({ side, socket, closes, closeInfo }: Speaker): string[] {
    if (socket === undefined) return closes.length === 0 ? [] : [`${side}: close without open`];
    if (closes.length !== 1) return [`${side}: ${closes.length} close events`];
    const [[statusCode, wasClean]] = closes;
    const faults: string[] = [];
    if (closeInfo?.statusCode !== statusCode || closeInfo.wasClean !== wasClean)
      faults.push(`${side}: closed is ${JSON.stringify(closeInfo)}, close got ${closes}`);
    if (wasClean && statusCode === 1006) faults.push(`${side}: a clean end with 1006`);
    if (wasClean && !this.hasClosed(side))
      faults.push(`${side}: a clean end without a Close frame that was sent`);
    if (socket.bufferedAmount !== 0) faults.push(`${side}: bufferedAmount after the end`);
    return faults;
  }

  /** Whether the last frame that has left a side is a Close frame with a status code. */
  private hasClosed(side: Side): boolean {
    const { lastBytes } = this.connection[side];
    const frame = side === "server" ? lastBytes.slice(-4) : lastBytes;
    return frame[0] === 0x88 && (frame[1] & 0x7f) === 2;
  }

  /** Checks who may lose messages, and that both sides know. See docs/reliability.md. */
  private lossFaults(sender: Speaker, receiver: Speaker): string[] {
    const lost = sender.accepted.length - receiver.received.length;
    if (lost <= 0) return [];
    const name = `${lost} messages of the ${sender.side} were lost`;
    const faults: string[] = [];
    const mayDrop = this.schedule.options[receiver.side].iterates && receiver.closedFirst;
    if (receiver.closeInfo?.wasClean && !mayDrop)
      faults.push(`${name}, but the ${receiver.side} has closed cleanly`);
    if (sender.closeInfo?.wasClean && !receiver.closedFirst)
      faults.push(`${name}, but the ${sender.side}, which closed first, has closed cleanly`);
    return faults;
  }
}
