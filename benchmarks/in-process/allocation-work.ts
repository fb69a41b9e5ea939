import { type Line, runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload, repeat } from "../load/frames.ts";
import { countAllocation } from "./allocation-count.ts";

export interface AllocationOptions {
  readonly size: number;
  /** How many messages a chunk holds. */
  readonly depth: number;
}

const { size, depth } = runnerOptions<AllocationOptions>();
const burst = repeat(makeFrame(2, makePayload("binary", size), [1, 2, 3, 4]), depth);
/** As a socket gives it: the same memory again and again, since each pass masks what it unmasked before. */
const chunk = Buffer.from(burst);
const echoLength = repeat(makeFrame(2, makePayload("binary", size), undefined), depth).length;

/** One end of a connection without a network. */
export interface Wire {
  /** Hands over received bytes. */
  receive(bytes: Uint8Array): void;
  /** How many bytes have been written so far. */
  written(): number;
}

/** Has messages echoed for the runner, and counts what that allocates. */
export function serveEchoes(wire: Wire): void {
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const run = async (units: number): Promise<Line> => {
    const bursts = Math.ceil(units / depth);
    const startedAt = performance.now();
    const before = wire.written();
    for (let i = 0; i < bursts; i++) {
      wire.receive(chunk);
      await turn(); // as between two reads
    }
    const expected = bursts * echoLength;
    const written = wire.written() - before;
    if (written !== expected) throw new Error(`wrote ${written} bytes instead of ${expected}`);
    return { units: bursts * depth, seconds: (performance.now() - startedAt) / 1_000 };
  };
  serveRunner({}, ({ units, allocation }) =>
    allocation === undefined ? run(Number(units)) : countAllocation(allocation as "start" | "stop"),
  );
}

/** What a client sends first. */
export const upgradeHeaders = {
  host: "127.0.0.1",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};
