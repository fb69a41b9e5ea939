import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload, opcodeOf, type PayloadKind, repeat } from "../load/frames.ts";

export interface CodecOptions {
  readonly direction: "decode" | "encode";
  /** As between a client and its server. */
  readonly masked: boolean;
  readonly kind: PayloadKind;
  readonly size: number;
  /** Chunks are at most this long: many frames fit into one, or a frame takes many. */
  readonly chunkLength: number;
  /** Of ours alone: messages are lent. */
  readonly borrowedMessages?: boolean;
}

export const options = runnerOptions<CodecOptions>();

/** What is decoded over and over. */
export interface Input {
  readonly chunks: readonly Uint8Array[];
  /** How many messages the chunks hold. */
  readonly messages: number;
}

/** Does some work; returns a number that depends on it, so that none of it can be left out. */
export type Step = () => number;

/**
 * Frames in chunks. Decoders unmask in place, so each pass masks what the one before had unmasked:
 * with this key both are letters and signs of ASCII, valid as text, too.
 */
export function makeInput(): Input {
  const { kind, size, masked, chunkLength } = options;
  const key = masked ? [1, 2, 3, 4] : undefined;
  const frame = makeFrame(opcodeOf(kind), makePayload(kind, size), key);
  const messages = Math.max(1, Math.floor(chunkLength / frame.length));
  const bytes = bytesOfRuntime(repeat(frame, messages));
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += chunkLength) {
    chunks.push(bytes.subarray(start, start + chunkLength));
  }
  return { chunks, messages };
}

/** What is encoded over and over. */
export function makeData(): string | Uint8Array {
  const payload = makePayload(options.kind, options.size);
  if (options.kind === "binary") return bytesOfRuntime(payload);
  return new TextDecoder().decode(payload);
}

/** Received bytes as the runtime's sockets give them. */
function bytesOfRuntime(bytes: Uint8Array): Uint8Array {
  return "Deno" in globalThis ? bytes : Buffer.from(bytes);
}

/** Waits until everything that was put off for later in this turn of the event loop has happened. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Does rounds for the runner: `step` does so many units at once. */
export function serveSteps(step: Step, unitsPerStep: number): void {
  let sum = 0;
  const run = async (units: number) => {
    const steps = Math.ceil(units / unitsPerStep);
    const startedAt = performance.now();
    for (let i = 1; i <= steps; i++) {
      sum += step();
      if (i % 16 === 0) await nextTurn();
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    if (!Number.isFinite(sum)) fail("no number");
    return { units: steps * unitsPerStep, seconds };
  };
  serveRunner({}, ({ units }) => run(Number(units)));
}
