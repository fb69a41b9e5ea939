import { runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload } from "../load/frames.ts";

/** How a server is to compress: permessage-deflate. What is left out is as the server has it by default. */
export interface CompressionSettings {
  readonly contextTakeover: boolean;
  /** Shorter messages go uncompressed, in bytes. */
  readonly threshold?: number;
  readonly level?: number;
  readonly memLevel?: number;
  readonly windowBits?: number;
  /** Of our server alone. */
  readonly maxMemory?: number;
}

/** How the runner wants a server. */
export interface ServerSettings {
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Instead of echoing, sends a message of so many bytes to all on each message that comes. */
  readonly broadcast?: number;
  /** Send in a loop even where there is a function for it. */
  readonly loop?: boolean;
  /** Shares this port with other processes. */
  readonly sharedPort?: number;
  /** Of our server alone: binary messages are lent to the handler. */
  readonly borrowedMessages?: boolean;
  /** Left out, nothing is compressed. */
  readonly compression?: CompressionSettings;
}

/** Nothing that is measured here is larger. */
export const maxMessageSize = 2 ** 24;

export const settings = runnerOptions<ServerSettings>();
export const broadcastPayload = makePayload("binary", settings.broadcast ?? 0);
export const broadcastFrame = makeFrame(2, broadcastPayload, undefined);

const collectors = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };

/** Tells the runner where the server listens, and then does what it is asked about memory. */
export function serving(port: number | undefined): void {
  serveRunner({ port }, async ({ collect, allocation }) => {
    if (collect === true) await collectGarbage();
    if (allocation === undefined) return {};
    // Node alone has what this needs.
    const { countAllocation } = await import("../in-process/allocation-count.ts");
    return countAllocation(allocation as "start" | "stop");
  });
}

/** Finalisers run between collections, and free more. */
export async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collectors.gc?.();
    collectors.Bun?.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
