/** Compressors that a runtime has, with JSON: one message after the other. */
import { fail, serveRunner } from "../instrument/child.ts";
import { compressConversation } from "../load/compressed-messages.ts";
import { makeJsonMessages } from "../load/json-messages.ts";
import { type Compressor, makeCompressor, type Operation } from "./compressor-kinds.ts";
import { options } from "./compressor-options.ts";

export type { CompressorOptions } from "./compressor-options.ts";

const { direction, contextTakeover, size } = options;

/** One message that is worked on. */
interface Step {
  readonly operation: Operation;
  /** Length that the other way round has; undefined when there is no knowing it. */
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

/** The last 32 KiB of what goes before a message, when all have been sent before. */
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
    // An await costs more than a short message.
    bytes += check(step, typeof result === "number" ? result : await result);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  return { units, seconds, bytes: direction === "compress" ? bytes / units : Number.NaN };
}

for (const step of leadIn) check(step, await step.operation());
serveRunner({}, ({ units }) => run(Number(units)));
