/** An opaque handle of a timer. */
export type Timer = { readonly timer: unique symbol };

/** The part of the platform's `AbortSignal` that is used here. */
export interface AbortSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The part of the platform's `AbortController` that is used here. */
export interface AbortController {
  readonly signal: AbortSignal;
  abort(): void;
}

interface Globals {
  setTimeout<T>(callback: (argument: T) => void, milliseconds: number, argument: T): Timer;
  clearTimeout(timer: Timer | undefined): void;
  setImmediate(callback: () => void): void;
  performance: { now(): number };
  AbortController: new () => AbortController;
  queueMicrotask(callback: () => void): void;
  crypto: { getRandomValues<T extends Uint8Array | Int32Array>(array: T): T };
  console: { error(...data: unknown[]): void };
  /** Where timers are numbers. */
  Deno?: { unrefTimer(timer: number): void };
}

/** Calls back once; does not keep the process alive for that. */
export function setBackgroundTimer(callback: () => void, milliseconds: number): void {
  const timer: unknown = globals.setTimeout(callback, milliseconds, undefined);
  if (typeof timer === "number") globals.Deno?.unrefTimer(timer);
  else (timer as { unref?(): void }).unref?.();
}

/** What this package needs of a runtime beyond the language: every one has it under these names. */
export const globals = globalThis as unknown as Globals;
