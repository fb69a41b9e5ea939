/**
 * Compresses messages in advance (RFC 7692 section 7.2.1), with `node:zlib` instead of measured
 * code.
 */
import { constants, createDeflateRaw, inflateRawSync } from "node:zlib";

/** Compression parameters of a peer. */
export interface Compression {
  readonly contextTakeover: boolean;
  /** Base-2 logarithm of the window size in bytes. */
  readonly windowBits: number;
}

/** Messages that can be sent endlessly. */
export interface Conversation {
  /** Sent once, first. */
  readonly leadIn: readonly Uint8Array[];
  /** Sent repeatedly after the lead-in. */
  readonly loop: readonly Uint8Array[];
}

const flush = constants.Z_SYNC_FLUSH;
/** The end of each flushed message, which is not sent. */
const tail = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/**
 * Compresses messages. With context takeover, all messages are compressed twice with the same
 * window: first while it is empty, then while it holds the end of all messages. That end is the
 * same in each pass, so the second pass can be repeated.
 */
export async function compressConversation(
  messages: readonly Uint8Array[],
  compression: Compression,
): Promise<Conversation> {
  if (!compression.contextTakeover) {
    return { leadIn: [], loop: await compressAll(messages, compression) };
  }
  const all = await compressAll([...messages, ...messages], compression);
  const conversation = {
    leadIn: all.slice(0, messages.length),
    loop: all.slice(messages.length),
  };
  checkRepetition(messages, conversation);
  return conversation;
}

async function compressAll(
  messages: readonly Uint8Array[],
  { contextTakeover, windowBits }: Compression,
): Promise<Uint8Array[]> {
  const compressed: Uint8Array[] = [];
  let stream = createDeflateRaw({ windowBits });
  for (const message of messages) {
    if (!contextTakeover) stream = createDeflateRaw({ windowBits });
    const chunks: Uint8Array[] = [];
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.write(message);
    await new Promise<void>((resolve) => stream.flush(flush, resolve));
    stream.removeAllListeners("data");
    compressed.push(Buffer.concat(chunks).subarray(0, -tail.length));
  }
  return compressed;
}

/** Checks with `inflateRawSync` that the loop can be sent twice after the lead-in. */
function checkRepetition(messages: readonly Uint8Array[], { leadIn, loop }: Conversation): void {
  const passes = [...leadIn, ...loop, ...loop].flatMap((payload) => [payload, tail]);
  const expected = Buffer.concat([...messages, ...messages, ...messages]);
  const inflated = inflateRawSync(Buffer.concat(passes), { finishFlush: flush });
  if (!inflated.equals(expected)) throw new Error("the conversation cannot be repeated");
}
