import { runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload } from "../load/frames.ts";

/** Settings of a server's permessage-deflate. Omitted ones keep the server's default. */
export interface CompressionSettings {
  readonly contextTakeover: boolean;
  /** Messages shorter than this are not compressed, in bytes. */
  readonly threshold?: number;
  readonly level?: number;
  readonly memLevel?: number;
  readonly windowBits?: number;
  /** Only for ours. */
  readonly maxMemory?: number;
}

/**
 * How a server sends a message to all: by its method for all sockets, to the members of a topic, by
 * a function for any `Set` of sockets, or by a loop of `send`.
 */
export type BroadcastWay = "all" | "topic" | "set" | "loop";

/** Settings of a measured server. */
export interface ServerSettings {
  readonly tls?: { readonly cert: string; readonly key: string };
  /**
   * If set, each received message triggers a message of this many bytes to all clients instead of
   * an echo.
   */
  readonly broadcast?: number;
  /** How to broadcast, for servers that have several ways. */
  readonly way?: BroadcastWay;
  /** Port that is shared with other processes; 0 chooses a free one. */
  readonly sharedPort?: number;
  /** Only for ours: messages are handled and not answered. */
  readonly sink?: boolean;
  /** Only for ours: the handler borrows binary messages. */
  readonly borrowedMessages?: boolean;
  /** Only for ours: attached to a server of this module. If omitted, `serve` listens. */
  readonly attach?: "http" | "http2";
  /** Flow-control windows of HTTP/2 in bytes. If omitted, the default of 65,535. */
  readonly window?: number;
  /** If omitted, nothing is compressed. */
  readonly compression?: CompressionSettings;
  /**
   * Milliseconds of silence after which a Ping is sent, or false for no Pings. If omitted, ours uses
   * its default and the others send none.
   */
  readonly heartbeat?: number | false;
}

/** The servers' message size limit in bytes. No measured message is larger. */
export const maxMessageSize = 2 ** 24;

export const settings = runnerOptions<ServerSettings>();
export const broadcastPayload = makePayload("binary", settings.broadcast ?? 0);
export const broadcastFrame = makeFrame(2, broadcastPayload, undefined);

const collectors = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };

/**
 * Reports the server's port to the runner, then answers its requests about memory.
 *
 * @param buffered - Returns the number of bytes that wait for all peers.
 */
export function serving(port: number | undefined, buffered: () => number = () => 0): void {
  serveRunner({ port }, async ({ collect, snapshot, allocation }) => {
    if (collect === true) await collectGarbage();
    if (snapshot !== undefined) {
      const { writeHeapSnapshot } = await import("node:v8");
      writeHeapSnapshot(snapshot as string);
    }
    if (allocation === undefined) {
      return { heap: process.memoryUsage().heapUsed, buffered: buffered() };
    }
    const { countAllocation } = await import("../in-process/allocation-count.ts");
    return countAllocation(allocation as "start" | "stop");
  });
}

/** Collects garbage several times: finalisers run between collections and free more memory. */
export async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    collectors.gc?.();
    collectors.Bun?.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
