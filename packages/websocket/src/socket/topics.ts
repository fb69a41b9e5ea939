import { rangeError, typeError } from "@framewright/codec/internal";
import { type Diagnostics, noDiagnostics } from "../diagnostics.ts";
import { ownText } from "../runtime/own-text.ts";
import type { Socket } from "./socket-types.ts";

/** Maximum length of a topic in UTF-16 code units: clients often choose them. */
const maxTopicLength = 1_024;

const none: ReadonlySet<never> = new Set();

/** The sockets of a server by the topics to which they are subscribed. */
export class Topics<Data> {
  private readonly maxPerSocket: number;
  private readonly diagnostics: Diagnostics;
  private readonly members = new Map<string, Set<Socket<Data>>>();
  /** By socket, so that sockets without topics need no memory for them. */
  private readonly topics = new Map<Socket<Data>, Set<string>>();

  constructor(maxPerSocket: number, diagnostics: Diagnostics = noDiagnostics.server) {
    this.maxPerSocket = maxPerSocket;
    this.diagnostics = diagnostics;
  }

  /** The members of a topic. The set is live. */
  membersOf(topic: string): ReadonlySet<Socket<Data>> {
    return this.members.get(checkTopic(topic)) ?? none;
  }

  /** The topics of a socket. The set is live. */
  topicsOf(socket: Socket<Data>): ReadonlySet<string> {
    return this.topics.get(socket) ?? none;
  }

  /**
   * @returns Whether the socket was not a member.
   * @throws RangeError if the socket has too many topics or the topic is too long.
   */
  subscribe(socket: Socket<Data>, topic: string): boolean {
    const own = this.topics.get(socket) ?? new Set();
    if (own.has(checkTopic(topic))) return false;
    if (own.size >= this.maxPerSocket) {
      this.diagnostics.limited("maxTopicsPerSocket", "refused", {
        socket,
      });
      const message = `the socket is subscribed to ${own.size} topics, the maximum`;
      throw rangeError("WS_ERR_TOO_MANY_TOPICS", message);
    }
    const members = this.members.get(topic);
    // A topic is often a part of a message, which must not stay in memory.
    const key = ownText(topic);
    if (members === undefined) this.members.set(key, new Set([socket]));
    else members.add(socket);
    own.add(key);
    this.topics.set(socket, own);
    return true;
  }

  /** @returns Whether the socket was a member. */
  unsubscribe(socket: Socket<Data>, topic: string): boolean {
    const own = this.topics.get(socket);
    if (own?.delete(checkTopic(topic)) !== true) return false;
    if (own.size === 0) this.topics.delete(socket);
    this.leave(socket, topic);
    return true;
  }

  /** Called when the socket has ended. */
  delete(socket: Socket<Data>): void {
    const own = this.topics.get(socket);
    if (own === undefined) return;
    this.topics.delete(socket);
    for (const topic of own) this.leave(socket, topic);
  }

  private leave(socket: Socket<Data>, topic: string): void {
    const members = this.members.get(topic) as Set<Socket<Data>>;
    members.delete(socket);
    if (members.size === 0) this.members.delete(topic);
  }
}

function checkTopic(topic: unknown): string {
  if (typeof topic !== "string") {
    throw typeError("WS_ERR_INVALID_ARGUMENT", `a topic must be a string, got ${typeof topic}`);
  }
  if (topic.length > maxTopicLength) {
    const message = `a topic has at most ${maxTopicLength} characters, got ${topic.length}`;
    throw rangeError("WS_ERR_INVALID_ARGUMENT", message);
  }
  return topic;
}
