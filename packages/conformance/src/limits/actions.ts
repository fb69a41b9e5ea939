import type { Message, Server } from "@framewright/websocket";
import type { Query, SubjectSocket } from "../attack/subject-types.ts";

/** The `id` in the query of a connection whose events are not recorded. */
export const honestId = "honest";

export const isHonest = (socket: SubjectSocket) => socket.data.get("id") === honestId;

/** The topic to which sockets subscribe for `!publish`. */
const topic = "news";

/** What a client can ask the server to do, by the first word of its message. */
const actions = {
  /** Sends binary messages that start with their number. */
  "!send": (socket, count, length, server) =>
    repeat(server, count, length, (bytes) => socket.send(bytes)),
  "!broadcast": (_, count, length, server) =>
    repeat(server, count, length, (bytes) => server.broadcast(bytes)),
  /** Passes over sockets for which more than one message waits. */
  "!broadcast-if-free": (_, count, length, server) => {
    const options = { maxBufferedAmount: length };
    return repeat(server, count, length, (bytes) => server.broadcast(bytes, options));
  },
  "!publish": (_, count, length, server) => {
    for (const socket of server.clients) socket.subscribe(topic);
    return repeat(server, count, length, (bytes) => server.publish(topic, bytes));
  },
  /** Subscribes to several topics. */
  "!subscribe": (socket, count) => {
    for (let number = 0; number < count; number++) socket.subscribe(`topic ${number}`);
    socket.send(`subscribed to ${socket.topics.size}`);
  },
  /** The same, and sends the error's code instead of throwing it. */
  "!try-subscribe": (socket, count) => {
    try {
      actions["!subscribe"](socket, count);
    } catch (error) {
      const { name, code } = error as { name: string; code?: string };
      socket.send(`${name} ${code} with ${socket.topics.size} topics`);
    }
  },
  /** Subscribes to a topic of some length. */
  "!topic": (socket, topicLength) => {
    socket.subscribe("a".repeat(topicLength));
    socket.send(`subscribed to ${socket.topics.size}`);
  },
  /** Stops reading for some milliseconds. */
  "!pause": (socket, milliseconds) => {
    socket.pause();
    setTimeout(() => socket.resume(), milliseconds);
  },
  "!close": (socket, statusCode) => socket.close(statusCode),
} satisfies Record<
  string,
  (
    socket: SubjectSocket,
    count: number,
    length: number,
    server: Server<Query>,
  ) => void | Promise<void>
>;

/** Does what a message such as "!send 10 1024" asks. */
export function act(server: Server<Query>, socket: SubjectSocket, message: string) {
  const [name, count, length] = message.split(" ");
  return actions[name as keyof typeof actions](socket, Number(count), Number(length), server);
}

/** Answers text with the same text, and binary messages with their length as text. */
export function answer(socket: SubjectSocket, data: Message): void {
  socket.send(typeof data === "string" ? data : String(data.length));
}

async function repeat(
  server: Server<Query>,
  count: number,
  length: number,
  send: (bytes: Uint8Array) => void,
): Promise<void> {
  for (let number = 0; number < count; number++) {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(0, number);
    send(bytes);
    // Those that read get as many messages as they can take.
    for (const socket of server.clients) if (isHonest(socket)) await socket.drained;
  }
}
