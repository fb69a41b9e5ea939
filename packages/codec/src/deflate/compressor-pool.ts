import type { Compressors, Deflator, Inflator } from "./compressor.ts";

/** How many idle inflators are kept for the next messages. */
const maxFreeInflators = 8;
/** Any window that a peer may use fits into it. */
export const maxWindowBits = 15;

/**
 * Tells how much memory an open deflator takes up, in bytes. An estimate, mostly from above: measured are
 * 219 to 282 KiB on the three runtimes with a window of 15 bits and a memLevel of 8, 98 to 170 KiB with 12 and 5.
 */
export function deflatorMemory(windowBits: number, memLevel: number): number {
  return 24_576 + 2 ** (windowBits + 2) + 2 * Math.max(65_536, 2 ** (memLevel + 8));
}

/** Tells how much memory an open inflator takes up, in bytes: measured are 48 to 51 KiB with 15 bits, 21 to 23 with 12. */
export function inflatorMemory(windowBits: number): number {
  return 20_480 + 2 ** windowBits;
}

/**
 * All compressors of a process: counts their memory, and lends those that keep no window from
 * message to message to one connection after the other.
 */
export class CompressorPool {
  /** What all that are open take up or is reserved for, in bytes. */
  memory = 0;

  private readonly compressors: Compressors;
  private readonly shared = new Map<string, Deflator>();
  private readonly free: Inflator[] = [];

  constructor(compressors: Compressors) {
    this.compressors = compressors;
  }

  /** Counts memory; returns false, and does not, when all would be more than `maxMemory` then. */
  reserve(bytes: number, maxMemory: number): boolean {
    if (this.memory + bytes > maxMemory) return false;
    this.memory += bytes;
    return true;
  }

  /** Gives back what was reserved. */
  release(bytes: number): void {
    this.memory -= bytes;
  }

  /** Opens a deflator whose memory has been reserved. */
  openDeflator(windowBits: number, level: number, memLevel: number): Deflator {
    return this.compressors.openDeflator(windowBits, level, memLevel);
  }

  /** Opens an inflator whose memory has been reserved. */
  openInflator(windowBits: number): Inflator {
    return this.compressors.openInflator(windowBits);
  }

  /**
   * The deflator of all connections that keep no window: reset it after each message.
   *
   * @returns undefined when there is no memory for it.
   */
  shareDeflator(
    windowBits: number,
    level: number,
    memLevel: number,
    maxMemory: number,
  ): Deflator | undefined {
    const key = `${windowBits} ${level} ${memLevel}`;
    const shared = this.shared.get(key);
    if (shared !== undefined) return shared;
    if (!this.reserve(deflatorMemory(windowBits, memLevel), maxMemory)) return undefined;
    const opened = this.openDeflator(windowBits, level, memLevel);
    this.shared.set(key, opened);
    return opened;
  }

  /**
   * Lends an inflator for one message: give it back at its end.
   *
   * @returns undefined when there is no memory for one more.
   */
  acquireInflator(maxMemory: number): Inflator | undefined {
    const inflator = this.free.pop();
    if (inflator !== undefined) return inflator;
    if (!this.reserve(inflatorMemory(maxWindowBits), maxMemory)) return undefined;
    return this.openInflator(maxWindowBits);
  }

  /** Takes a borrowed inflator back. */
  releaseInflator(inflator: Inflator): void {
    if (this.free.length < maxFreeInflators) {
      inflator.reset();
      this.free.push(inflator);
    } else {
      inflator.close();
      this.release(inflatorMemory(maxWindowBits));
    }
  }
}
