/** Maximum number of attempts per input, and their time in milliseconds. */
const maxTries = 20_000;
const maxTime = 5_000;

/**
 * Makes an input for which a target throws smaller. Removes ranges, longest first, then sets bytes
 * to 0, as long as the target still throws.
 */
export async function minimizeInput(
  data: Uint8Array,
  throws: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let smallest = data;
  let tries = 0;
  const end = performance.now() + maxTime;
  const take = async (candidate: Uint8Array): Promise<boolean> => {
    if (++tries > maxTries || performance.now() > end || !(await throws(candidate))) return false;
    smallest = candidate;
    return true;
  };
  for (let length = data.length >> 1; length >= 1; length = length > 1 ? length >> 1 : 0) {
    for (let at = 0; at + length <= smallest.length; ) {
      const rest = [...smallest.subarray(0, at), ...smallest.subarray(at + length)];
      if (!(await take(Uint8Array.from(rest)))) at += length;
    }
  }
  for (let at = 0; at < smallest.length; at++) {
    if (smallest[at] !== 0) await take(smallest.with(at, 0));
  }
  return smallest;
}
