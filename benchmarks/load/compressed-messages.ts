/** Messages compressed beforehand (RFC 7692 section 7.2.1), by `node:zlib` and not by what is measured. */
import { constants, createDeflateRaw, inflateRawSync } from "node:zlib";

/** How a peer may compress. */
export interface Compression {
  readonly contextTakeover: boolean;
  /** Base-2 logarithm of its window in bytes. */
  readonly windowBits: number;
}

/** Messages that can be sent without end. */
export interface Conversation {
  /** Sent once, at first. */
  readonly leadIn: readonly Uint8Array[];
  /** Sent after it, over and over. */
  readonly loop: readonly Uint8Array[];
}

const flush = constants.Z_SYNC_FLUSH;
/** Not sent. */
const tail = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/**
 * Compresses messages. With context takeover they are compressed twice by the same window: once when it is empty, and
 * once with the end of all the messages in it. As it is the same end whenever they have been sent, the second pass can
 * be repeated.
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

/** Decompresses the loop twice after the lead-in, by another program than the one that is measured. */
function checkRepetition(messages: readonly Uint8Array[], { leadIn, loop }: Conversation): void {
  const passes = [...leadIn, ...loop, ...loop].flatMap((payload) => [payload, tail]);
  const expected = Buffer.concat([...messages, ...messages, ...messages]);
  const inflated = inflateRawSync(Buffer.concat(passes), { finishFlush: flush });
  if (!inflated.equals(expected)) throw new Error("the conversation cannot be repeated");
}
