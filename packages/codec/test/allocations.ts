import { MessageMemory } from "../src/message/message-memory.ts";

const memory = new MessageMemory({});

/**
 * Allocates the buffers that all connections share, so that `allocationsOf` does not count them.
 * Another test may have trimmed them.
 */
function fillSharedBuffers(): void {
  const buffers = Array.from({ length: 8 }, () => memory.acquireGatherBuffer(8_192));
  for (const buffer of buffers) {
    if (buffer !== undefined) memory.releaseGatherBuffer(buffer, 0);
  }
}

/**
 * Returns the length in bytes of each `Uint8Array` that `run` creates from a length or as a copy.
 * Tests use it to check bounds on memory without a garbage collector.
 */
export function allocationsOf(run: () => void): number[] {
  fillSharedBuffers();
  const sizes: number[] = [];
  const original = globalThis.Uint8Array;
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, args, newTarget) {
      const [source] = args;
      if (typeof source === "number") sizes.push(source);
      else if (ArrayBuffer.isView(source)) sizes.push(source.byteLength);
      return Reflect.construct(target, args, newTarget);
    },
  });
  try {
    run();
  } finally {
    globalThis.Uint8Array = original;
  }
  return sizes;
}
