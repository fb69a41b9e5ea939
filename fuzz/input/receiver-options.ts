import type { ReceiverOptions } from "../reference/receiver.ts";
import type { Choices } from "./choices.ts";

const messageSizes = [1 << 20, 125, 1000, 65_536];
const fragmentCounts = [1000, 1, 2, 5];

/** Choices that determine how an input is received. */
export interface ReceiverChoices {
  options: ReceiverOptions;
  /** Whether the bytes are interpreted as a script of frames. */
  scripted: boolean;
  chunkSizes: number[];
}

/** Reads the choices that the decoder and connection targets share. */
export function readReceiverChoices(choices: Choices): ReceiverChoices {
  const flags = choices.byte();
  const limits = choices.byte();
  return {
    options: {
      role: flags & 1 ? "client" : "server",
      rsv1Negotiated: (flags & 2) !== 0,
      maxMessageSize: messageSizes[limits & 3],
      maxFragments: fragmentCounts[(limits >> 2) & 3],
    },
    scripted: (flags & 4) !== 0,
    chunkSizes: choices.chunkSizes(),
  };
}
