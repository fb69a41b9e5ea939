import { type ReceiverOptions, readAll } from "../reference/receiver.ts";

/** The messages that some frames carry. */
export interface Expected {
  /** Uncompressed messages up to the first that is compressed, invalid or incomplete. */
  readonly messages: readonly (string | Uint8Array)[];
  /** Whether all bytes are valid frames, none of which closes the connection or is compressed. */
  readonly isPlain: boolean;
}

/** Reads the messages of frames by the reference, for a receiver that has no extension. */
export function expectedMessages(wire: Uint8Array, options: ReceiverOptions): Expected {
  const { frames, partial, faults } = readAll(wire, options);
  const messages: (string | Uint8Array)[] = [];
  let kind = 0;
  let pieces: Uint8Array[] = [];
  for (const { fin, opcode, rsv1, payload } of frames) {
    if (opcode === 8 || rsv1) return { messages, isPlain: false };
    if (opcode > 8) continue;
    if (opcode > 0) [kind, pieces] = [opcode, []];
    pieces.push(payload);
    if (!fin) continue;
    const bytes = new Uint8Array(Buffer.concat(pieces));
    const message = kind === 1 ? textOf(bytes) : bytes;
    if (message === undefined) return { messages, isPlain: false };
    messages.push(message);
  }
  // Text may be found invalid before it is complete.
  return { messages, isPlain: faults.length === 0 && partial === undefined };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
