import { type Compressors, type Deflator, type Inflator, maxWindowBits } from "./compressor.ts";

/** How many idle inflators the pool keeps at most. */
const maxFreeInflators = 8;

/**
 * Estimates the memory of an open deflator in bytes, in most cases from above. Measured on the
 * three runtimes: 219 to 282 KiB with a window of 15 bits and a memLevel of 8, 98 to 170 KiB with
 * 12 and 5.
 */
export function deflatorMemory(windowBits: number, memLevel: number): number {
  return 24_576 + 2 ** (windowBits + 2) + 2 * Math.max(65_536, 2 ** (memLevel + 8));
}

/**
 * Estimates the memory of an open inflator in bytes. Measured: 48 to 51 KiB with a window of 15
 * bits, 21 to 23 KiB with 12.
 */
export function inflatorMemory(windowBits: number): number {
  return 20_480 + 2 ** windowBits;
}

/**
 * Opens the compressors of a process, counts their memory, and shares those that keep no window
 * between messages among connections.
 */
export class CompressorPool {
  /** How many bytes are used by open compressors or reserved for them. */
  memory = 0;

  private readonly compressors: Compressors;
  private readonly shared = new Map<string, Deflator>();
  private readonly free: Inflator[] = [];

  constructor(compressors: Compressors) {
    this.compressors = compressors;
  }

  /** Counts bytes. Returns false, uncounted, if the total would exceed `maxMemory`. */
  reserve(bytes: number, maxMemory: number): boolean {
    if (this.memory + bytes > maxMemory) return false;
    this.memory += bytes;
    return true;
  }

  /** Releases reserved bytes. */
  release(bytes: number): void {
    this.memory -= bytes;
  }

  /** Opens a deflator. The caller has reserved its memory. */
  openDeflator(windowBits: number, level: number, memLevel: number): Deflator {
    return this.compressors.openDeflator(windowBits, level, memLevel);
  }

  /** Opens an inflator. The caller has reserved its memory. */
  openInflator(windowBits: number): Inflator {
    return this.compressors.openInflator(windowBits);
  }

  /**
   * Returns the one deflator of all connections that keep no window and use the same parameters.
   * The caller resets it after each message. The pool never closes it.
   *
   * @returns undefined if its memory would exceed `maxMemory`.
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
   * Takes an inflator for one message. Release it at the end of the message.
   *
   * @returns undefined if its memory would exceed `maxMemory`.
   */
  acquireInflator(maxMemory: number): Inflator | undefined {
    const inflator = this.free.pop();
    if (inflator !== undefined) return inflator;
    if (!this.reserve(inflatorMemory(maxWindowBits), maxMemory)) return undefined;
    return this.openInflator(maxWindowBits);
  }

  /** Returns an inflator to the pool, which keeps it or closes it. */
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
