import { MessageMemory } from "../src/message/message-memory.ts";

const memory = new MessageMemory({});

/** Makes the buffers that all connections share, so that they are not counted: another test may have dropped them. */
function fillSharedBuffers(): void {
  const rooms = Array.from({ length: 8 }, () => memory.acquireGatherBuffer(8_192));
  for (const room of rooms) if (room !== undefined) memory.releaseGatherBuffer(room, 0);
}

/**
 * Runs something and tells the size in bytes of each `Uint8Array` that was made from a length or as a copy
 * meanwhile, so that bounds on memory can be tested without looking at a garbage collector.
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
