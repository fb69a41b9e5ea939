import { fail, runnerOptions, serveRunner } from "../instrument/child.ts";
import { makeFrame, makePayload, opcodeOf, type PayloadKind, repeat } from "../load/frames.ts";

export interface CodecOptions {
  readonly direction: "decode" | "encode";
  /** Whether frames are masked, as those from clients are. */
  readonly masked: boolean;
  readonly kind: PayloadKind;
  readonly size: number;
  /** Maximum length of a chunk in bytes. A chunk may hold many frames, or a frame many chunks. */
  readonly chunkLength: number;
  /** Only for ours: messages are borrowed. */
  readonly borrowedMessages?: boolean;
}

export const options = runnerOptions<CodecOptions>();

/** Input that is decoded repeatedly. */
export interface Input {
  readonly chunks: readonly Uint8Array[];
  /** Number of messages in all chunks. */
  readonly messages: number;
}

/**
 * Does one step of work. Returns a number that depends on it, so that no work is optimised away.
 */
export type Step = () => number;

/**
 * Makes frames and splits them into chunks. Decoders unmask in place, so the payloads alternate
 * between masked and plain. With this key both forms are printable ASCII and thus valid text.
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

/** Makes the message that is encoded repeatedly. */
export function makeData(): string | Uint8Array {
  const payload = makePayload(options.kind, options.size);
  if (options.kind === "binary") return bytesOfRuntime(payload);
  return new TextDecoder().decode(payload);
}

/** Returns bytes in the type that the runtime's sockets deliver. */
function bytesOfRuntime(bytes: Uint8Array): Uint8Array {
  return "Deno" in globalThis ? bytes : Buffer.from(bytes);
}

/** Waits until all work deferred within this turn of the event loop has run. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Serves the runner: runs rounds of `step`.
 *
 * @param unitsPerStep - Units of work in one call of `step`.
 */
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
