/** A message as `send` takes it and handlers get it. */
export type Message = string | Uint8Array;

/** What a message is: from the client, from the server to one client, or to a topic. */
export type Origin = "U" | "D" | "T";

/** The longest message, in bytes. */
export const maxMessageLength = 1_048_576;
/** The longest message to a topic: each goes to many connections. */
const maxTopicMessageLength = 16_384;

const words = Array.from({ length: 64 }, (_, index) => mix(index, 1, 2).toString(36));
const bytePool = new Uint8Array(2 * maxMessageLength);
const textPool = makePools();

/** Returns 32 bits that depend on all three numbers. */
export function mix(a: number, b: number, c: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b ^ 0xc2b2ae35, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 15) ^ c, 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Fills the bytes with words in random order, which compress, and returns a text of the kind. */
function makePools(): string {
  let text = "";
  for (let index = 0; text.length < bytePool.length; index++) {
    text += `${words[mix(index, 3, 4) & 63]}${index % 9 === 0 ? "€" : " "}`;
  }
  // Characters outside of Latin-1 are cut to their low byte here.
  for (let index = 0; index < bytePool.length; index++) bytePool[index] = text.charCodeAt(index);
  return text;
}

/** Returns a length of 0 to 1 MiB: most are short, a few in a thousand are longer than 512 KiB. */
function lengthOf(random: number): number {
  if (random % 16 === 0) return 0;
  if (random % 512 === 1) return maxMessageLength;
  return Math.floor(maxMessageLength ** ((random / 2 ** 32) ** 6));
}

/**
 * Returns the message with a number. Both ends know all messages, so that the receiver can tell a
 * lost, repeated, reordered or changed one, also one too short to contain its number.
 *
 * @param id - The number of the connection or of the topic.
 */
export function messageOf(origin: Origin, id: number, number: number): Message {
  const head = `${origin}${id}.${number}:`;
  const random = mix(id, number, origin.charCodeAt(0));
  const offset = mix(random, 5, 6) % maxMessageLength;
  let length = lengthOf(random);
  // The head tells the receiver which topic it is.
  if (origin === "T") length = Math.max(head.length, length % maxTopicMessageLength);
  const isShort = length < head.length;
  const bodyLength = isShort ? length : length - head.length;
  if ((random & 32) === 0) {
    // A character takes up to three bytes.
    const body = textPool.slice(offset, offset + (bodyLength >> 1));
    return isShort ? body : head + body;
  }
  const bytes = bytePool.slice(offset, offset + length);
  if (!isShort) for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
  return bytes;
}

export function isSame(a: Message, b: Message): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return Buffer.compare(a, b) === 0;
}

/** Returns the number of the topic of a message to a topic, or undefined for other messages. */
export function topicOf(message: Message): number | undefined {
  const start = typeof message === "string" ? message.slice(0, 24) : latin1(message);
  const match = /^T(\d+)\./.exec(start);
  return match === null ? undefined : Number(match[1]);
}

/** Describes a message for an error. */
export function describe(message: Message): string {
  const start = typeof message === "string" ? message.slice(0, 24) : latin1(message);
  return `${typeof message === "string" ? "text" : "binary"} of ${message.length}: ${start}`;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 24));
}
