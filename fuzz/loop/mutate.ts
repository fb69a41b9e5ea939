import type { Random } from "./random.ts";

/**
 * Maximum input length in bytes. Longer ones only take more time, because targets have choices for
 * long content.
 */
export const maxInputLength = 4096;

/** Bytes with a meaning in frames, UTF-8 or HTTP, and limits of ranges. */
const octets = [
  0, 1, 2, 3, 4, 7, 8, 9, 10, 13, 15, 16, 32, 34, 44, 58, 59, 61, 63, 64, 92, 124, 125, 126, 127,
  128, 129, 130, 136, 137, 138, 143, 144, 159, 160, 191, 192, 193, 194, 223, 224, 237, 239, 240,
  244, 245, 250, 254, 255,
];

/** Lengths and codes of 16, 32 and 64 bits. */
const words: readonly (readonly number[])[] = [
  ...[0, 1, 124, 125, 126, 127, 128, 255, 256, 1000, 1005, 1015, 4999, 5000, 65_535].map((n) =>
    octetsOf(BigInt(n), 2),
  ),
  ...[65_535n, 65_536n, 2n ** 31n, 2n ** 32n - 1n].map((n) => octetsOf(n, 4)),
  ...[
    0n,
    125n,
    126n,
    65_535n,
    65_536n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 63n - 1n,
    2n ** 63n,
  ].map((n) => octetsOf(n, 8)),
];

type Mutation = (data: Uint8Array, source: Source) => Uint8Array;

/** The sources of mutations. */
export interface Source {
  readonly random: Random;
  readonly dictionary: readonly Uint8Array[];
  /** Another input of the corpus. */
  other(): Uint8Array;
}

const mutations: readonly Mutation[] = [
  function flipBit(data, { random }) {
    return withOctet(data, random, (octet) => octet ^ (1 << random.below(8)));
  },
  function addToOctet(data, { random }) {
    return withOctet(data, random, (octet) => octet + random.below(33) - 16);
  },
  function setOctet(data, { random }) {
    return withOctet(data, random, () => random.below(256));
  },
  function setInterestingOctet(data, { random }) {
    return withOctet(data, random, () => random.pick(octets));
  },
  function overwriteWord(data, { random }) {
    return splice(data, random.below(data.length), "overwrite", random.pick(words));
  },
  function insertWord(data, { random }) {
    return splice(data, random.below(data.length + 1), 0, random.pick(words));
  },
  function insertOctets(data, { random }) {
    const inserted = Array.from({ length: 1 + random.below(4) }, () => random.below(256));
    return splice(data, random.below(data.length + 1), 0, inserted);
  },
  function insertRun(data, { random }) {
    const length = random.oneIn(4) ? 1 + random.below(300) : 1 + random.below(12);
    const octet = random.oneIn(2) ? random.below(256) : random.pick(octets);
    return splice(data, random.below(data.length + 1), 0, new Uint8Array(length).fill(octet));
  },
  function deleteRange(data, { random }) {
    const [start, length] = range(data, random);
    return splice(data, start, length, []);
  },
  function duplicateRange(data, { random }) {
    const [start, length] = range(data, random);
    const copy = data.slice(start, start + length);
    return splice(data, random.below(data.length + 1), 0, copy);
  },
  function moveRange(data, { random }) {
    const [start, length] = range(data, random);
    const rest = splice(data, start, length, []);
    return splice(rest, random.below(rest.length + 1), 0, data.slice(start, start + length));
  },
  function insertToken(data, { random, dictionary }) {
    return splice(data, random.below(data.length + 1), 0, random.pick(dictionary));
  },
  function overwriteToken(data, { random, dictionary }) {
    return splice(data, random.below(data.length + 1), "overwrite", random.pick(dictionary));
  },
  function insertFromOther(data, { random, other }) {
    const from = other();
    const [start, length] = range(from, random);
    return splice(data, random.below(data.length + 1), 0, from.slice(start, start + length));
  },
  function crossOver(data, { random, other }) {
    const from = other();
    const start = random.below(data.length + 1);
    return splice(data, start, data.length - start, from.slice(random.below(from.length + 1)));
  },
];

const counts = [1, 1, 1, 1, 2, 2, 3, 4, 8];

/** Makes a new input from another by a few successive mutations. */
export function mutate(parent: Uint8Array, source: Source): Uint8Array {
  const { random } = source;
  let data = parent;
  for (let count = random.pick(counts); count > 0; count--) {
    data = random.pick(mutations)(data.length === 0 ? new Uint8Array(1) : data, source);
  }
  return data.slice(0, maxInputLength);
}

function withOctet(
  data: Uint8Array,
  random: Random,
  change: (octet: number) => number,
): Uint8Array {
  const result = data.slice();
  // Targets read their choices from the first bytes, so mutate these more often.
  const index = random.below(random.oneIn(4) ? Math.min(8, result.length) : result.length);
  result[index] = change(result[index]);
  return result;
}

/** Returns a range, usually a short one. */
function range(data: Uint8Array, random: Random): [start: number, length: number] {
  const start = random.below(data.length);
  const most = random.oneIn(4) ? data.length - start : Math.min(16, data.length - start);
  return [start, 1 + random.below(most)];
}

function splice(
  data: Uint8Array,
  start: number,
  deleted: number | "overwrite",
  inserted: ArrayLike<number>,
): Uint8Array {
  const length = deleted === "overwrite" ? inserted.length : deleted;
  const tail = data.subarray(Math.min(start + length, data.length));
  const result = new Uint8Array(start + inserted.length + tail.length);
  result.set(data.subarray(0, start));
  result.set(inserted, start);
  result.set(tail, start + inserted.length);
  return result;
}

function octetsOf(value: bigint, length: number): number[] {
  return Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 255n));
}
