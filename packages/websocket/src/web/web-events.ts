import { type UsedEvent, webGlobals } from "./runtime-types.ts";
import { describeClass } from "./web-idl.ts";

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
  class CloseEvent extends webGlobals.Event {
    readonly #init: { code: number; reason: string; wasClean: boolean };

    constructor(type: string, { code = 0, reason = "", wasClean = false } = {}) {
      super(type);
      this.#init = { code, reason, wasClean };
    }

    get wasClean(): boolean {
      return this.#init.wasClean;
    }

    get code(): number {
      return this.#init.code;
    }

    get reason(): string {
      return this.#init.reason;
    }
  }
  return describeClass(CloseEvent);
});

const errorEventClass = /* @__PURE__ */ runtimeClass("ErrorEvent", () => {
  class ErrorEvent extends webGlobals.Event {
    readonly #message: string;
    readonly #error: unknown;

    constructor(type: string, { message = "", error }: { message?: string; error?: unknown } = {}) {
      super(type);
      this.#message = message;
      this.#error = error;
    }

    get message(): string {
      return this.#message;
    }

    get filename(): string {
      return "";
    }

    get lineno(): number {
      return 0;
    }

    get colno(): number {
      return 0;
    }

    get error(): unknown {
      return this.#error;
    }
  }
  return describeClass(ErrorEvent);
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
