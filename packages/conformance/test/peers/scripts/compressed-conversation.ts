import { json, noise } from "../../../src/deflate-bytes.ts";
import { isSame, type PeerSocket } from "./conversation.ts";

/** Longer than what is compressed in one turn. */
const longLength = 300_000;

/** The messages sent over one connection, in an order in which kept windows matter. */
const messages: readonly (string | Uint8Array<ArrayBuffer>)[] = [
  "",
  new Uint8Array(0),
  "a",
  ...Array.from({ length: 30 }, (_, i) => json(i * 67)),
  "Grüße, 世界 𝄞, и так далее. ".repeat(200),
  noise(1),
  noise(1_500),
  new Uint8Array(4_096),
  noise(70_000),
  json(70_000),
  json(33_000),
  json(longLength).slice(0, longLength),
  noise(longLength),
  new Uint8Array(longLength),
  json(500),
  "the end",
];

/** Sends the messages one by one and then all at once. Returns how many were echoed unchanged. */
export async function converseCompressed({ send, inbox }: PeerSocket): Promise<string> {
  let same = 0;
  for (const message of messages) {
    send(message);
    if (isSame(await inbox.next(), message)) same++;
  }
  for (const message of messages) send(message);
  for (const message of messages) if (isSame(await inbox.next(), message)) same++;
  return `${same} of ${2 * messages.length}`;
}

export const everyMessage = `${2 * messages.length} of ${2 * messages.length}`;
