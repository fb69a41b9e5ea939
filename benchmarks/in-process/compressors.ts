/** Benchmarks the compressors of a runtime on JSON messages, one after another. */
import { fail, serveRunner } from "../instrument/child.ts";
import { compressConversation } from "../load/compressed-messages.ts";
import { makeJsonMessages } from "../load/json-messages.ts";
import { type Compressor, makeCompressor, type Operation } from "./compressor-kinds.ts";
import { options } from "./compressor-options.ts";

export type { CompressorOptions } from "./compressor-options.ts";

const { direction, contextTakeover, size } = options;

/** The work on one message. */
interface Step {
  readonly operation: Operation;
  /** Expected length of the result in bytes; undefined if unknown. */
  readonly length: number | undefined;
}

async function makeSteps({ compress, decompress }: Compressor) {
  const messages = makeJsonMessages(size);
  const input = messages.map((message, i) => {
    return { message, window: contextTakeover ? windowBefore(messages, i) : undefined };
  });
  if (direction === "compress") {
    const steps = input.map(({ message, window }): Step => {
      return { operation: compress(message, window), length: undefined };
    });
    return { leadIn: [], steps };
  }
  const { leadIn, loop } = await compressConversation(messages, {
    contextTakeover,
    windowBits: 15,
  });
  const decompressing = (payload: Uint8Array, i: number): Step => {
    return { operation: decompress(payload, input[i].window), length: messages[i].length };
  };
  return { leadIn: leadIn.map(decompressing), steps: loop.map(decompressing) };
}

/** Returns the 32 KiB that precede message `i` when all messages have been sent once. */
function windowBefore(messages: readonly Uint8Array[], i: number): Uint8Array {
  const all = Buffer.concat([...messages, ...messages.slice(0, i)]);
  return Buffer.from(all.subarray(-32_768));
}

let done = 0;
const compressor = makeCompressor(options);
const { leadIn, steps } = await makeSteps(compressor);

function check({ length }: Step, bytes: number): number {
  if (length !== undefined && bytes !== length) fail(`${bytes} bytes instead of ${length}`);
  return bytes;
}

async function run(units: number) {
  let bytes = 0;
  const startedAt = performance.now();
  for (let i = 0; i < units; i++) {
    const step = steps[done++ % steps.length];
    const result = step.operation();
    // Await promises only: an await costs more than a short message.
    bytes += check(step, typeof result === "number" ? result : await result);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  return { units, seconds, bytes: direction === "compress" ? bytes / units : Number.NaN };
}

for (const step of leadIn) check(step, await step.operation());
serveRunner({}, ({ units }) => run(Number(units)));
