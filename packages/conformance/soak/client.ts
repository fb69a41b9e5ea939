import { memoryInUse } from "../src/attack/memory-in-use.ts";
import { answerRequests, delay, type EndReport, fault, type Plan, print } from "./lines.ts";
import { describe, isSame, type Message, messageOf, mix, topicOf } from "./messages.ts";

/** One client's connection, of whichever kind. */
export interface Link {
  send(message: Message): void;
  /** Ends the connection as planned. The server ends those of the plan "server". */
  end(plan: Plan): void;
}

/** What a connection tells. */
export interface LinkEvents {
  message(message: Message): void;
  closed(statusCode: number): void;
}

/**
 * Opens a connection.
 *
 * @param random - A number of 32 bits, for choices of the kind of connection.
 */
export type OpenLink = (url: string, random: number, events: LinkEvents) => Promise<Link>;

/** What a process of clients is told. */
export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Numbers of connections start here and go up by 2, so that two processes can share a server. */
  readonly firstId: number;
  /** The plans to draw from. */
  readonly plans: readonly Plan[];
}

/** Messages that a connection sends on average before it ends. */
const meanLife = 10;
/** Milliseconds between two rounds of sending. */
const step = 50;

interface TopicRange {
  readonly first: number;
  next: number;
}

/** A connection and what it has sent and received. */
class Client {
  readonly id: number;
  readonly plan: Plan;
  /** The connection ends after this many messages. */
  readonly life: number;
  up = 0;
  down = 0;
  /** By topic: the numbers of the first and of the next message. Unknown before the first message. */
  topics: Map<number, TopicRange> | undefined = undefined;
  isEnding = false;
  link: Link | undefined = undefined;

  constructor(id: number, plan: Plan) {
    this.id = id;
    this.plan = plan;
    this.life = 1 + (mix(id, 7, 0) % (2 * meanLife));
  }

  get isReady(): boolean {
    return this.link !== undefined && this.topics !== undefined && !this.isEnding;
  }

  /** Whether everything sent was answered. */
  get isSettled(): boolean {
    return this.isReady && this.up === this.down;
  }

  send(): void {
    this.link?.send(messageOf("U", this.id, this.up++));
    if (this.up === this.life) this.end(this.plan);
  }

  end(plan: Plan): void {
    this.isEnding = true;
    this.link?.end(plan);
  }

  receive(message: Message): void {
    if (this.topics === undefined) {
      this.topics = readTopics(message);
      return;
    }
    const topic = topicOf(message);
    const range = topic === undefined ? undefined : this.topics.get(topic);
    if (topic !== undefined && range === undefined) {
      return fault(`${this.id}: is no member of topic ${topic}`);
    }
    const number = range === undefined ? this.down++ : range.next++;
    const expected = messageOf(topic === undefined ? "D" : "T", topic ?? this.id, number);
    if (isSame(message, expected)) return;
    fault(`${this.id}: got ${describe(message)} for ${number}, ${describe(expected)}`);
  }

  report(statusCode: number, plan: Plan): EndReport {
    const { id, up, down } = this;
    const counts = [...(this.topics ?? [])].map(([topic, { first, next }]) => [
      topic,
      next - first,
    ]);
    return { id, up, down, topics: Object.fromEntries(counts), statusCode, plan };
  }
}

/** Keeps a number of connections to a server and sends over them at random. */
class Load {
  private readonly options: LoadOptions;
  private readonly open: OpenLink;
  private readonly clients: Client[] = [];
  private nextId: number;
  private rounds = 0;
  private isStopping = false;
  private timer: ReturnType<typeof setInterval> | undefined = undefined;

  constructor(options: LoadOptions, open: OpenLink) {
    this.options = options;
    this.open = open;
    this.nextId = options.firstId;
  }

  answer({ do: what, rate = 0 }: { do: string; rate?: number }): unknown {
    if (what === "open") return this.openAll();
    if (what === "send") return this.sendAt(rate);
    if (what === "quiet") return this.quiet();
    if (what === "memory") return memoryInUse();
    if (what === "end") return this.endAll();
    throw new Error(`what is ${what}?`);
  }

  private async openAll(): Promise<void> {
    const { connections } = this.options;
    for (let slot = 0; slot < connections; slot += 50) {
      const wave = Math.min(50, connections - slot);
      await Promise.all(Array.from({ length: wave }, (_, index) => this.start(slot + index)));
    }
    await this.settled();
  }

  private async start(slot: number): Promise<void> {
    const { port, plans } = this.options;
    const id = this.nextId;
    this.nextId += 2;
    const client = new Client(id, plans[mix(id, 8, 0) % plans.length]);
    this.clients[slot] = client;
    const closeAfter = client.plan === "server" ? client.life : 0;
    const url = `ws://127.0.0.1:${port}/?id=${id}&closeAfter=${closeAfter}`;
    try {
      client.link = await this.open(url, mix(id, 9, 0), {
        message: (message) => client.receive(message),
        closed: (statusCode) => this.ended(slot, client, statusCode),
      });
    } catch (error) {
      fault(`${id}: cannot connect: ${error}`);
    }
  }

  private ended(slot: number, client: Client, statusCode: number): void {
    if (!client.isEnding) fault(`${client.id}: ended by itself with ${statusCode}`);
    const plan = this.isStopping && client.up < client.life ? "close" : client.plan;
    print({ ended: client.report(statusCode, plan) });
    // One that vanished was replaced at once: the server notices it later.
    if (!this.isStopping && client.plan !== "vanish") void this.start(slot);
  }

  /** Sends this many messages a second, spread over all connections. */
  private sendAt(rate: number): void {
    clearInterval(this.timer);
    let due = 0;
    this.timer = setInterval(() => {
      for (due += (rate * step) / 1_000; due >= 1; due--) {
        const slot = mix(this.rounds++, 10, 0) % this.clients.length;
        const client = this.clients[slot];
        if (!client.isReady) continue;
        client.send();
        if (client.isEnding && client.plan === "vanish") void this.start(slot);
      }
    }, step);
  }

  /** Sends no more and waits until all connections are open and everything is answered. */
  private quiet(): Promise<void> {
    clearInterval(this.timer);
    return this.settled();
  }

  private async settled(): Promise<void> {
    while (!this.clients.every((client) => client.isSettled)) await delay(step);
  }

  /** Closes all connections, which are settled. */
  private endAll(): void {
    this.isStopping = true;
    for (const client of this.clients) client.end("close");
  }
}

/** Reads the server's first message: the next number of each topic of the connection. */
function readTopics(message: Message): Map<number, TopicRange> {
  if (typeof message !== "string" || !message.startsWith("H")) {
    fault(`the first message is ${describe(message)}`);
    return new Map();
  }
  const all: [topic: number, next: number][] = JSON.parse(message.slice(1));
  return new Map(all.map(([topic, next]) => [topic, { first: next, next }]));
}

/** Runs a process of clients. */
export function runLoad(options: LoadOptions, open: OpenLink): void {
  const load = new Load(options, open);
  answerRequests((request) => load.answer(request));
  print({ ready: 0 });
}
