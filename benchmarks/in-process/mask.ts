/** Benchmarks masking in place at every alignment of the payload in its chunk. */
import { createRequire } from "node:module";
import { applyMask } from "@framewright/codec/frame";
import { runnerOptions, serveRunner } from "../instrument/child.ts";

export interface MaskOptions {
  readonly function: "applyMask" | "bufferutil" | "ws fallback";
  /** Bytes masked per call. */
  readonly size: number;
}

type Unmask = (bytes: Uint8Array, maskingKey: Uint8Array) => void;
/** The measured function, called with up to five arguments. */
type Target = (...call: never[]) => void;
type Call = readonly unknown[];

const { function: name, size } = runnerOptions<MaskOptions>();
const alignments = 8;
const chunk = new Uint8Array(size + alignments);
const key = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

/** Loads by path: ws does not export this function, and Bun replaces `ws` with its own module. */
function unmaskOf(path: string): Unmask {
  const require = createRequire(import.meta.url);
  return (require(path) as { unmask: Unmask }).unmask;
}

function targetOf(): Target {
  if (name === "applyMask") return applyMask as Target;
  if (name === "bufferutil") return unmaskOf("bufferutil") as Target;
  return unmaskOf("../../node_modules/ws/lib/buffer-util.js") as Target;
}

/** Returns the arguments for a payload at this offset. */
function callAt(offset: number): Call {
  if (name === "applyMask") return [chunk, offset, offset + size, 0x37fa213d, 0];
  return [Buffer.from(chunk.buffer, offset, size), key];
}

const batch = Math.max(1, Math.floor(65_536 / size));

function runBatch(target: Target, call: Call): void {
  const [a, b, c, d, e] = call as never[];
  for (let i = 0; i < batch; i++) target(a, b, c, d, e);
}

/**
 * Calls several functions in `runBatch`, so that V8 inlines none of them. V8 keeps a loop that it
 * inlined into a small function in its middle tier for seconds, at a fifth of its normal speed.
 */
function preventInlining(): void {
  const others: Target[] = [() => {}, (first: number) => void first, () => void 0, () => {}];
  // Enough calls for V8's type feedback to record several targets.
  for (let i = 0; i < 2_000; i++) runBatch(others[i % others.length], [1, 2, 3, 4, 5]);
}

function run(target: Target, units: number) {
  const batches = Math.ceil(units / alignments / batch);
  const calls = batches * batch;
  const times: number[] = [];
  const startedAt = performance.now();
  for (let offset = 0; offset < alignments; offset++) {
    const call = callAt(offset);
    const before = process.cpuUsage();
    for (let i = 0; i < batches; i++) runBatch(target, call);
    const { user, system } = process.cpuUsage(before);
    times.push(((user + system) * 1_000) / calls);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  return { units: calls * alignments, seconds, aligned: times[0], worst: Math.max(...times) };
}

const target = targetOf();
preventInlining();
serveRunner({}, ({ units }) => run(target, Number(units)));
