import { globals } from "../runtime/globals.ts";

/** The used part of a stream of `node:http2` and of its connection. */
export interface StallingStream {
  readonly writableLength: number;
  readonly session?: { ping?(callback: () => void): unknown } | undefined;
}

const written = new Set<StallingStream>();

/**
 * Called after a write to a stream on Bun. While another stream of the connection waits for its
 * window, Bun 1.4.5 sends what is written outside of a read only after the next read. So the peer is
 * asked for one by a PING, once for each write that waits.
 */
export function preventStall(stream: StallingStream): void {
  if (written.size === 0) globals.setImmediate(pingAll);
  written.add(stream);
}

function pingAll(): void {
  const sessions = new Set<StallingStream["session"]>();
  for (const { writableLength, session } of written) if (writableLength > 0) sessions.add(session);
  written.clear();
  for (const session of sessions) ping(session);
}

function ping(session: StallingStream["session"]): void {
  try {
    session?.ping?.(() => {});
  } catch {
    // The connection has ended, or too many PINGs wait for an answer already.
  }
}
