import type { Parts } from "../options/parts.ts";

/** What only sockets with certain options need. */
export const socketPartImports = {
  compression: async () => (await import("../options/compression.ts")).createCompression,
  messageRate: async () => (await import("./rate-limit.ts")).createRateLimit,
  messageStream: async () => (await import("./incoming-stream.ts")).createStream,
};

/** What is loaded of it. */
export type SocketParts = Parts<typeof socketPartImports>;
