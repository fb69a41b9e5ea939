/**
 * The runtime's classes that the standard classes use, by the types of the program that uses this
 * package; what is used of them where the program has no such types.
 *
 * @module
 */

/** The type of the objects of a global class, or another if the program's types lack the class. */
type InstanceOf<Name extends string, Otherwise> = typeof globalThis extends {
  [Key in Name]: { prototype: infer Instance };
}
  ? Instance
  : Otherwise;

/** The runtime's `Event`. */
export type RuntimeEvent = InstanceOf<
  "Event",
  { readonly type: string; readonly currentTarget: object | null; preventDefault(): void }
>;

// biome-ignore lint/suspicious/noExplicitAny: the type that the DOM's declarations give the data
type AnyData = any;

/** The runtime's `MessageEvent`. */
export type RuntimeMessageEvent = InstanceOf<
  "MessageEvent",
  RuntimeEvent & { readonly data: AnyData; readonly origin: string }
>;

/** The runtime's `CloseEvent`. */
export type RuntimeCloseEvent = InstanceOf<
  "CloseEvent",
  RuntimeEvent & { readonly code: number; readonly reason: string; readonly wasClean: boolean }
>;

/** The runtime's `ErrorEvent`. */
export type RuntimeErrorEvent = InstanceOf<
  "ErrorEvent",
  RuntimeEvent & { readonly message: string; readonly error: AnyData }
>;

/** The used part of an `Event`. */
export interface UsedEvent {
  readonly currentTarget: object | null;
  preventDefault(): void;
}

/** The used part of an `EventTarget`. */
export interface UsedEventTarget {
  addEventListener(type: string, listener: (event: UsedEvent) => void): void;
  removeEventListener(type: string, listener: (event: UsedEvent) => void): void;
  dispatchEvent(event: UsedEvent): boolean;
}

type EventClass = new (type: string, init?: object) => UsedEvent;

interface WebGlobals {
  Event: EventClass;
  EventTarget: { new (): UsedEventTarget; readonly prototype: UsedEventTarget };
  MessageEvent: EventClass;
  /** Not in Node 22. */
  CloseEvent?: EventClass;
  /** Not in Node. */
  ErrorEvent?: EventClass;
  DOMException: new (message: string, name: string) => Error;
  URL: new (url: string) => { protocol: string; href: string; origin: string };
}

/** The runtime's globals that the standard classes use. */
export const webGlobals = globalThis as unknown as WebGlobals;
