import { type Line, runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload, repeat } from "../load/frames.ts";
import { countAllocation } from "./allocation-count.ts";

export interface AllocationOptions {
  readonly size: number;
  /** Messages per chunk. */
  readonly depth: number;
}

const { size, depth } = runnerOptions<AllocationOptions>();
const burst = repeat(makeFrame(2, makePayload("binary", size), [1, 2, 3, 4]), depth);
/**
 * The chunk passed to every read, a Buffer as sockets deliver it. Decoders unmask in place, so the
 * payloads alternate between masked and plain.
 */
const chunk = Buffer.from(burst);
const echoLength = repeat(makeFrame(2, makePayload("binary", size), undefined), depth).length;

/** One end of a connection without a network. */
export interface Wire {
  /** Passes received bytes to the connection. */
  receive(bytes: Uint8Array): void;
  /** Total number of bytes written so far. */
  written(): number;
}

/** Serves the runner: echoes messages and measures what that allocates. */
export function serveEchoes(wire: Wire): void {
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const run = async (units: number): Promise<Line> => {
    const bursts = Math.ceil(units / depth);
    const startedAt = performance.now();
    const before = wire.written();
    for (let i = 0; i < bursts; i++) {
      wire.receive(chunk);
      await turn(); // two reads are in different turns of the event loop
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

/** Headers of the client's opening handshake. */
export const upgradeHeaders = {
  host: "127.0.0.1",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};
