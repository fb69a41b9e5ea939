import { type UsedEvent, webGlobals } from "./runtime-types.ts";

type EventClass = new (type: string, init?: object) => UsedEvent;

/** Returns the runtime's class, or else one that is made on first use. */
function runtimeClass(name: "CloseEvent" | "ErrorEvent", make: () => EventClass): () => EventClass {
  let made: EventClass | undefined;
  return () => {
    const own = webGlobals[name];
    if (own !== undefined) return own;
    made ??= make();
    return made;
  };
}

const closeEventClass = /* @__PURE__ */ runtimeClass("CloseEvent", () => {
  return class CloseEvent extends webGlobals.Event {
    readonly code: number;
    readonly reason: string;
    readonly wasClean: boolean;

    constructor(type: string, { code = 0, reason = "", wasClean = false } = {}) {
      super(type);
      this.code = code;
      this.reason = reason;
      this.wasClean = wasClean;
    }
  };
});

const errorEventClass = /* @__PURE__ */ runtimeClass("ErrorEvent", () => {
  return class ErrorEvent extends webGlobals.Event {
    readonly message: string;
    readonly filename = "";
    readonly lineno = 0;
    readonly colno = 0;
    readonly error: unknown;

    constructor(type: string, { message = "", error }: { message?: string; error?: unknown } = {}) {
      super(type);
      this.message = message;
      this.error = error;
    }
  };
});

export function openEvent(): UsedEvent {
  return new webGlobals.Event("open");
}

/** @param origin - That of the WebSocket's URL. */
export function messageEvent(data: unknown, origin: string): UsedEvent {
  return new webGlobals.MessageEvent("message", { data, origin });
}

export function closeEvent(code: number, reason: string, wasClean: boolean): UsedEvent {
  return new (closeEventClass())("close", { code, reason, wasClean });
}

export function errorEvent(error: Error): UsedEvent {
  return new (errorEventClass())("error", { message: error.message, error });
}
