/** An opaque handle of a timer. */
export type Timer = { readonly timer: unique symbol };

/** The used part of the runtime's `AbortSignal`. */
export interface AbortSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The used part of the runtime's `AbortController`. */
export interface AbortController {
  readonly signal: AbortSignal;
  abort(): void;
}

/** The runtime's `URL`, by the types of the program that uses this package. */
export type RuntimeUrl = typeof globalThis extends { URL: new (url: string) => infer Url }
  ? Url
  : { readonly href: string; readonly origin: string; readonly pathname: string };

/** The runtime's `AbortSignal`, by the types of the program that uses this package. */
export type RuntimeSignal = typeof globalThis extends {
  AbortSignal: { prototype: infer Signal extends AbortSignal };
}
  ? Signal
  : AbortSignal;

interface Globals {
  setTimeout<T>(callback: (argument: T) => void, milliseconds: number, argument: T): Timer;
  clearTimeout(timer: Timer | undefined): void;
  setImmediate(callback: () => void): void;
  performance: { now(): number };
  AbortController: new () => AbortController;
  URL: new (url: string, base?: string) => RuntimeUrl;
  queueMicrotask(callback: () => void): void;
  crypto: { getRandomValues<T extends Uint8Array | Int32Array>(array: T): T };
  console: { error(...data: unknown[]): void };
  /** Node's, which Deno and Bun have too. */
  process?: {
    env?: Readonly<Record<string, string | undefined>>;
    versions?: Readonly<Record<string, string | undefined>>;
    stderr?: { on(event: "error", listener: () => void): unknown };
    getBuiltinModule?(name: string): unknown;
  };
  Bun?: unknown;
  /** Deno's timers are numbers, so `unref` is a function of the runtime. */
  Deno?: { unrefTimer(timer: number): void };
}

/** Calls back once. The timer does not keep the process alive. */
export function setBackgroundTimer(callback: () => void, milliseconds: number): Timer {
  const timer = globals.setTimeout(callback, milliseconds, undefined);
  if (typeof timer === "number") globals.Deno?.unrefTimer(timer);
  else (timer as { unref?(): void }).unref?.();
  return timer;
}

/** The runtime's globals that this package uses. Node, Deno and Bun all have them. */
export const globals = globalThis as unknown as Globals;
