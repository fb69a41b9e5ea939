import { expect, test } from "vitest";
import { closeEvent, errorEvent } from "../../src/web/web-events.ts";

/** Calls a function while the runtime seems to lack a class. */
function without<T>(name: "CloseEvent" | "ErrorEvent", call: () => T): T {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
  try {
    return call();
  } finally {
    if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, descriptor);
  }
}

/** Returns the values of the members that an event has in its class, and tries to change them. */
function membersOf(event: object): object {
  const names = Object.keys(Object.getPrototypeOf(event));
  for (const name of names) expect(Reflect.set(event, name, "changed")).toBe(false);
  const values = event as Record<string, unknown>;
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

test("has a CloseEvent where the runtime has none", () => {
  const event = without("CloseEvent", () => closeEvent(3000, "why", true));
  expect(event).toBeInstanceOf(Event);
  expect([(event as Event).type, String(event)]).toEqual(["close", "[object CloseEvent]"]);
  expect(membersOf(event)).toEqual({ wasClean: true, code: 3000, reason: "why" });
  const other = without("CloseEvent", () => closeEvent(1006, "", false));
  expect(other.constructor).toBe(event.constructor);
});

test("has an ErrorEvent where the runtime has none", () => {
  const error = new Error("broken");
  const event = without("ErrorEvent", () => errorEvent(error));
  expect(event).toBeInstanceOf(Event);
  expect([(event as Event).type, String(event)]).toEqual(["error", "[object ErrorEvent]"]);
  const place = { filename: "", lineno: 0, colno: 0 };
  expect(membersOf(event)).toEqual({ message: "broken", ...place, error });
});

test("uses the classes that the runtime has", () => {
  const { CloseEvent: Close, ErrorEvent: Failure } = globalThis as unknown as Record<
    string,
    (new (type: string) => Event) | undefined
  >;
  if (Close !== undefined) expect(closeEvent(1000, "", true)).toBeInstanceOf(Close);
  if (Failure !== undefined) expect(errorEvent(new Error("x"))).toBeInstanceOf(Failure);
  expect(errorEvent(new Error("x"))).toBeInstanceOf(Event);
});
