import type { BroadcastResult, ServeOptions, Server, Socket } from "@framewright/websocket";
import { memoryInUse } from "../src/attack/memory-in-use.ts";
import { answerRequests, fault, print, type Request } from "./lines.ts";
import { describe, isSame, messageOf, mix } from "./messages.ts";

/** Topics of the server. Each connection is subscribed to one or two. */
const topicCount = 50;

/** What the server knows of a connection. */
export interface Peer {
  readonly id: number;
  /** The server closes the connection after this many messages. 0: it does not. */
  readonly closeAfter: number;
  up: number;
  down: number;
  /** By topic: the number of messages that were sent. */
  readonly topics: Map<number, number>;
}
type PeerSocket = Socket<Peer>;

export type Serve = (options: ServeOptions<Peer>) => Promise<Server<Peer>>;

/** Milliseconds. */
export interface Times {
  readonly interval: number;
  readonly timeout: number;
}

/** A server that keeps its own account of who is to receive which message. */
class SoakServer {
  private server: Server<Peer> | undefined = undefined;
  /** By topic: the number of its next message, and its members as the handlers know them. */
  private readonly next: number[] = Array.from({ length: topicCount }, () => 0);
  private readonly members = Array.from({ length: topicCount }, () => new Set<PeerSocket>());
  private turn = 0;
  private publishing: ReturnType<typeof setInterval> | undefined = undefined;

  async start(serve: Serve, heartbeat: Times): Promise<number> {
    this.server = await serve({
      heartbeat,
      closeTimeout: heartbeat.timeout,
      handshakeTimeout: heartbeat.timeout,
      // More connections than fit into this memory ask for windows.
      compression: { contextTakeover: true, maxMemory: 33_554_432 },
      accept: ({ query }) => readPeer(new URLSearchParams(query)),
      open: (socket) => this.open(socket),
      message: (socket, data) => this.receive(socket, data),
      close: (socket) => this.close(socket),
      dropped: (socket) => fault(`${socket.data.id}: a message was dropped`),
      error: (error) => fault(`a handler failed: ${error}`),
    });
    return this.server.port;
  }

  answer({ do: what, rate = 0 }: Request): unknown {
    if (what === "publish") return this.publishAt(rate);
    if (what === "memory") return memoryInUse();
    if (what === "stats") return this.stats();
    if (what === "broadcast") return this.broadcast();
    if (what === "close") return this.server?.close();
    throw new Error(`what is ${what}?`);
  }

  private open(socket: PeerSocket): void {
    const { id, topics } = socket.data;
    for (const topic of new Set([mix(id, 1, 0) % topicCount, mix(id, 2, 0) % topicCount])) {
      if (!socket.subscribe(String(topic))) fault(`${id}: was a member of topic ${topic} before`);
      this.members[topic].add(socket);
      topics.set(topic, 0);
    }
    const next = [...topics.keys()].map((topic) => [topic, this.next[topic]]);
    if (socket.send(`H${JSON.stringify(next)}`) === "dropped") {
      fault(`${id}: the first message was dropped`);
    }
  }

  private receive(socket: PeerSocket, data: string | Uint8Array): void {
    const peer = socket.data;
    const expected = messageOf("U", peer.id, peer.up);
    if (!isSame(data, expected)) {
      fault(`${peer.id}: got ${describe(data)} for ${peer.up}, ${describe(expected)}`);
    }
    peer.up++;
    if (socket.send(messageOf("D", peer.id, peer.down)) !== "dropped") peer.down++;
    if (peer.up === peer.closeAfter) socket.close(4_000);
  }

  private close(socket: PeerSocket): void {
    const { id, up, down, topics } = socket.data;
    for (const topic of topics.keys()) this.members[topic].delete(socket);
    void socket.closed.then(({ statusCode, error }) => {
      const code = (error as { code?: string } | undefined)?.code ?? "";
      print({
        ended: { id, up, down, topics: Object.fromEntries(topics), statusCode, error: code },
      });
    });
  }

  /** Publishes to one topic after the other, this many messages a second. 0: none. */
  private publishAt(rate: number): void {
    clearInterval(this.publishing);
    if (rate > 0) this.publishing = setInterval(() => this.publish(), 1_000 / rate);
  }

  private publish(): void {
    const topic = this.turn++ % topicCount;
    const number = this.next[topic]++;
    const result = this.server?.publish(String(topic), messageOf("T", topic, number));
    this.count(topic, result as BroadcastResult<Peer>);
  }

  /** Sends one message to all connections. */
  private broadcast(): number {
    return this.server?.broadcast("to all of you").sent ?? 0;
  }

  /** Compares who got a message with who should have. */
  private count(topic: number, { sent, skipped = [] }: BroadcastResult<Peer>): void {
    const members = this.members[topic];
    if (sent + skipped.length !== members.size) {
      fault(`${members.size} members, but ${sent} got it and ${skipped.length} were skipped`);
    }
    for (const socket of skipped) {
      if (socket.readyState === "open") fault(`${socket.data.id}: was skipped although open`);
    }
    for (const socket of members) {
      const { topics } = socket.data;
      if (!skipped.includes(socket)) topics.set(topic, (topics.get(topic) ?? 0) + 1);
    }
  }

  private stats(): unknown {
    for (const [topic, members] of this.members.entries()) {
      const count = this.server?.subscriberCount(String(topic));
      if (count !== members.size) fault(`topic ${topic} has ${count} members, not ${members.size}`);
    }
    return this.server?.stats();
  }
}

function readPeer(query: URLSearchParams): Peer {
  const closeAfter = Number(query.get("closeAfter"));
  return { id: Number(query.get("id")), closeAfter, up: 0, down: 0, topics: new Map() };
}

/** Runs the server's process. */
export async function runServer(serve: Serve, heartbeat: Times): Promise<void> {
  const server = new SoakServer();
  const port = await server.start(serve, heartbeat);
  answerRequests((request) => server.answer(request));
  print({ ready: port });
}
