import { MessageMemory } from "../src/message/message-memory.ts";

/** What all connections lend from each other is made beforehand, so that it is not counted. */
const memory = new MessageMemory({});
const rooms = Array.from({ length: 8 }, () => memory.acquireGatherBuffer(8_192));
for (const room of rooms) if (room !== undefined) memory.releaseGatherBuffer(room, 0);

/**
 * Runs something and tells the size in bytes of each `Uint8Array` that was made from a length or as a copy
 * meanwhile, so that bounds on memory can be tested without looking at a garbage collector.
 */
export function allocationsOf(run: () => void): number[] {
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
