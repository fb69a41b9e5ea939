import { maxInputLength } from "./mutate.ts";

const counterIndex = 0;
const lengthIndex = 1;
const headLength = 8;
/** Corpus files may be longer than mutated inputs. */
const capacity = 16 * maxInputLength;

/**
 * The input that a thread is running, in memory that another thread can read if the first one hangs
 * or dies.
 */
export class CurrentInput {
  readonly memory: SharedArrayBuffer;
  private readonly head: Int32Array;
  private readonly data: Uint8Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(headLength + capacity)) {
    this.memory = memory;
    this.head = new Int32Array(memory, 0, 2);
    this.data = new Uint8Array(memory, headLength);
  }

  /** Incremented when an input starts and when it ends: odd while one runs. */
  get counter(): number {
    return Atomics.load(this.head, counterIndex);
  }

  begin(input: Uint8Array): void {
    const length = Math.min(input.length, capacity);
    this.data.set(length < input.length ? input.subarray(0, length) : input);
    this.head[lengthIndex] = length;
    Atomics.add(this.head, counterIndex, 1);
  }

  end(): void {
    Atomics.add(this.head, counterIndex, 1);
  }

  read(): Uint8Array {
    return this.data.slice(0, this.head[lengthIndex]);
  }
}
