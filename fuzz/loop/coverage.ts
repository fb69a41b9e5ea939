import { type Profiler, Session } from "node:inspector";

/** A place in a function's source, with the sets of count buckets seen so far as bit masks. */
interface Place {
  readonly offset: number;
  single: number;
  batch: number;
}

/**
 * Detects inputs that do something new, using V8's block coverage. V8 reports ranges with counts
 * and omits a range whose count equals that of the range around it. So a place is identified by its
 * offset: the start or end of any range that was ever reported.
 */
export class Coverage {
  /** Number of places that ran at least once. */
  edges = 0;
  /**
   * Total of the counts of all code loaded from files: the cost of an input, independent of the
   * machine.
   */
  work = 0;

  private readonly session = new Session();
  private readonly isMeasured: (url: string) => boolean;
  private readonly coarse: boolean;
  private readonly functions = new Map<string, Place[]>();

  /**
   * @param isMeasured - Selects the measured scripts. Scripts loaded before this call have no block
   *   counts.
   * @param coarse - Whether to distinguish only one execution from several.
   */
  constructor(isMeasured: (url: string) => boolean, coarse: boolean) {
    this.isMeasured = isMeasured;
    this.coarse = coarse;
    this.session.connect();
    this.session.post("Profiler.enable");
    this.session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Discards the counts since the last call. */
  reset(): void {
    this.take();
  }

  /** Returns how many (place, bucket) pairs are new since the last call, if one input ran. */
  countNewOfInput(): number {
    return this.countNew("single");
  }

  /** Does the same for several inputs together. If the result is not 0, run them one by one. */
  countNewOfBatch(): number {
    return this.countNew("batch");
  }

  private countNew(kind: "single" | "batch"): number {
    let found = 0;
    this.work = 0;
    for (const script of this.take()) {
      if (!script.url.startsWith("file:")) continue;
      this.work += workOf(script);
      if (!this.isMeasured(script.url)) continue;
      for (const { ranges } of script.functions) {
        if (ranges[0].count === 0) continue;
        for (const place of this.placesOf(script.url, ranges)) {
          const bucket = bucketOf(countAt(place.offset, ranges), this.coarse ? "coarse" : kind);
          if (bucket === 0 || (place[kind] & bucket) !== 0) continue;
          if (kind === "single" && place.single === 0) this.edges++;
          place[kind] |= bucket;
          found++;
        }
      }
    }
    return found;
  }

  private placesOf(url: string, ranges: readonly Profiler.CoverageRange[]): readonly Place[] {
    const { startOffset, endOffset } = ranges[0];
    const key = `${url}:${startOffset}-${endOffset}`;
    const places = this.functions.get(key) ?? [];
    this.functions.set(key, places);
    for (const range of ranges) {
      for (const offset of [range.startOffset, range.endOffset]) {
        const isInside = offset < endOffset;
        if (isInside && !places.some((place) => place.offset === offset)) {
          places.push({ offset, single: 0, batch: 0 });
        }
      }
    }
    return places;
  }

  /** The callback runs before `post` returns, because the session belongs to this thread. */
  private take(): readonly Profiler.ScriptCoverage[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    this.session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error !== null) throw error;
      scripts = result;
    });
    return scripts;
  }
}

function workOf(script: Profiler.ScriptCoverage): number {
  let work = 0;
  for (const { ranges } of script.functions) for (const { count } of ranges) work += count;
  return work;
}

/**
 * Returns the count of the innermost range around an offset. Ranges are nested, outer ones first.
 */
function countAt(offset: number, ranges: readonly Profiler.CoverageRange[]): number {
  let count = 0;
  for (const range of ranges) {
    if (range.startOffset <= offset && offset < range.endOffset) count = range.count;
  }
  return count;
}

/**
 * Returns one bit for a range of counts: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more; for a
 * batch, powers of 4.
 */
function bucketOf(count: number, kind: "single" | "batch" | "coarse"): number {
  if (count === 0) return 0;
  if (kind === "coarse") return count === 1 ? 1 : 2;
  const power = 31 - Math.clz32(count);
  if (kind === "batch") return 1 << (power >> 1);
  if (count < 4) return 1 << (count - 1);
  return 1 << (power < 5 ? power + 1 : power < 7 ? 6 : 7);
}
