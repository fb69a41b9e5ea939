import { createCompression } from "../options/compression.ts";
import { createStream } from "./incoming-stream.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { SocketParts } from "./socket-parts.ts";

/** All parts, for functions that cannot wait for them. */
export const allSocketParts: Required<SocketParts> = {
  compression: createCompression,
  messageRate: createRateLimit,
  messageStream: createStream,
};
