/** A thread that changes shared memory, and makes it longer, as long as it is told to. */
import { parentPort } from "node:worker_threads";

/** Indexes of the control words. */
const control = { isRunning: 0, isStarted: 1 };

parentPort?.on("message", ({ shared, growing, words }) => {
  const flags = new Int32Array(words as SharedArrayBuffer);
  const bytes = new Uint8Array(shared as SharedArrayBuffer);
  const buffers = growing as { maxByteLength: number; byteLength: number; grow(n: number): void }[];
  Atomics.store(flags, control.isStarted, 1);
  for (let i = 0; Atomics.load(flags, control.isRunning) === 1; i++) {
    for (let at = i % 7; at < bytes.length; at += 97) bytes[at] = i;
    const buffer = buffers[i % buffers.length];
    if (buffer.byteLength < buffer.maxByteLength) buffer.grow(buffer.byteLength + 1);
  }
});
