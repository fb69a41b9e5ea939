/**
 * Runs something and tells the size in bytes of each `Uint8Array` that was made from a length
 * meanwhile, so that bounds on memory can be tested without looking at a garbage collector.
 */
export function allocationsOf(run: () => void): number[] {
  const sizes: number[] = [];
  const original = globalThis.Uint8Array;
  globalThis.Uint8Array = new Proxy(original, {
    construct(target, args, newTarget) {
      if (typeof args[0] === "number") sizes.push(args[0]);
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
