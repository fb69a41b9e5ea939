/**
 * Keeps compressed JSON messages in flight to an echo server. The frames are made and compressed in
 * advance. The length of the echoes depends on the server's compressor, so messages are counted by
 * their frame headers.
 */
import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";
import { type Conversation, compressConversation } from "./compressed-messages.ts";
import { FrameCounter } from "./frame-counter.ts";
import { makeFrame } from "./frames.ts";
import { makeJsonMessages } from "./json-messages.ts";
import { openMany, type RawConnection, type Target } from "./raw-connection.ts";
import { Round } from "./round.ts";

export interface DeflateLoadOptions {
  readonly target: Target;
  readonly connections: number;
  /** Messages in flight per connection. They are sent together. */
  readonly depth: number;
  /** Approximate length of a message in bytes. */
  readonly size: number;
  readonly contextTakeover: boolean;
}

const { target, connections, depth, size, contextTakeover } = runnerOptions<DeflateLoadOptions>();
const maskingKey = [0x37, 0xfa, 0x21, 0x3d];
const text = 1;
const compressedText = 0x41;
const noTakeover = "server_no_context_takeover; client_no_context_takeover; ";
const offer = `permessage-deflate; ${contextTakeover ? "" : noTakeover}client_max_window_bits`;
const round = new Round();

/** Makes the messages for a connection, according to the extensions that the server accepted. */
async function makeConversation(extensions: string): Promise<Conversation> {
  const messages = makeJsonMessages(size, depth);
  const isCompressed = extensions.startsWith("permessage-deflate");
  const conversation = isCompressed
    ? await compressConversation(messages, {
        contextTakeover: !extensions.includes("client_no_context_takeover"),
        windowBits: Number(/client_max_window_bits=(\d+)/.exec(extensions)?.[1] ?? 15),
      })
    : { leadIn: [], loop: messages };
  const opcode = isCompressed ? compressedText : text;
  return { leadIn: bursts(conversation.leadIn, opcode), loop: bursts(conversation.loop, opcode) };
}

/** Joins frames that are sent together. */
function bursts(payloads: readonly Uint8Array[], opcode: number): Uint8Array[] {
  const frames = payloads.map((payload) => makeFrame(opcode, payload, maskingKey));
  const all: Uint8Array[] = [];
  for (let i = 0; i < frames.length; i += depth) {
    all.push(Buffer.concat(frames.slice(i, i + depth)));
  }
  return all;
}

/** One connection. It continues from round to round, because the compression windows do. */
class Talk {
  readonly counter = new FrameCounter();
  received = 0;
  private readonly connection: RawConnection;
  private readonly conversation: Conversation;
  private sent = 0;

  constructor(connection: RawConnection, conversation: Conversation) {
    this.connection = connection;
    this.conversation = conversation;
  }

  /** Sends this many bursts, each after the echo of the previous one. */
  run(bursts: number, startedAt: number): Promise<void> {
    const { connection, counter } = this;
    return new Promise((resolve, reject) => {
      let left = bursts;
      let sentAt = startedAt;
      let expected = counter.messages + depth;
      connection.onClose = () => reject(new Error("a connection was closed"));
      connection.onBytes = (length, bytes) => {
        this.received += length;
        counter.read(bytes);
        if (counter.messages < expected) return;
        if (counter.messages > expected) return reject(new Error("received too many messages"));
        sentAt = round.answered(sentAt);
        if (--left === 0) return resolve();
        expected += depth;
        this.send();
      };
      this.send();
    });
  }

  private send(): void {
    const { leadIn, loop } = this.conversation;
    const i = this.sent++;
    this.connection.write(i < leadIn.length ? leadIn[i] : loop[(i - leadIn.length) % loop.length]);
  }
}

function sum(talks: readonly Talk[], count: (talk: Talk) => number): number {
  return talks.reduce((total, talk) => total + count(talk), 0);
}

async function run(messages: number, talks: readonly Talk[]) {
  const each = Math.ceil(messages / (talks.length * depth));
  const total = each * talks.length * depth;
  const received = sum(talks, (talk) => talk.received);
  const compressed = sum(talks, ({ counter }) => counter.compressed);
  round.start();
  const startedAt = performance.now();
  await Promise.all(talks.map((talk) => talk.run(each, startedAt)));
  return {
    ...round.finish(total),
    wire: (sum(talks, (talk) => talk.received) - received) / total,
    compressed: (sum(talks, ({ counter }) => counter.compressed) - compressed) / total,
  };
}

openMany(target, connections, offer).then(async (all) => {
  // The server's memory limit may give later connections other parameters than the first.
  const conversations = new Map<string, Promise<Conversation>>();
  const talks: Talk[] = [];
  for (const connection of all) {
    const { extensions } = connection;
    const conversation = conversations.get(extensions) ?? makeConversation(extensions);
    conversations.set(extensions, conversation);
    talks.push(new Talk(connection, await conversation));
  }
  serveRunner({ extensions: [...conversations.keys()].join(" or ") }, ({ units }) =>
    run(Number(units), talks),
  );
}, fail);
