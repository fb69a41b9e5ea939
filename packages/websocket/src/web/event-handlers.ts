import { type UsedEvent, type UsedEventTarget, webGlobals } from "./runtime-types.ts";

interface Slot {
  callback: object;
  readonly listener: (event: UsedEvent) => void;
}

/**
 * The event handlers of one target, `onopen` and the like (HTML standard section 8.1.8.1). A
 * handler takes its place among the listeners when it is first set and keeps it until it is null.
 */
export class EventHandlers {
  private readonly target: UsedEventTarget;
  private readonly slots = new Map<string, Slot>();

  constructor(target: UsedEventTarget) {
    this.target = target;
  }

  get(type: string): object | null {
    return this.slots.get(type)?.callback ?? null;
  }

  /** @param value - A function or any other object; other values count as null. */
  set(type: string, value: unknown): void {
    const isObject = typeof value === "function" || (typeof value === "object" && value !== null);
    const slot = this.slots.get(type);
    // The methods of the class itself, because a subclass may have others.
    const { addEventListener, removeEventListener } = webGlobals.EventTarget.prototype;
    if (isObject && slot !== undefined) slot.callback = value;
    else if (isObject) {
      const added: Slot = { callback: value, listener: (event) => callHandler(added, event) };
      this.slots.set(type, added);
      addEventListener.call(this.target, type, added.listener);
    } else if (slot !== undefined) {
      this.slots.delete(type);
      removeEventListener.call(this.target, type, slot.listener);
    }
  }
}

function callHandler({ callback }: Slot, event: UsedEvent): void {
  if (typeof callback !== "function") return;
  if (callback.call(event.currentTarget, event) === false) event.preventDefault();
}
