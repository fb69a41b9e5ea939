import { utf8Length } from "@framewright/codec/internal";
import type { OpenTransport } from "../client/open-transport.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import { EventHandlers } from "./event-handlers.ts";
import { type UsedEventTarget, webGlobals } from "./runtime-types.ts";
import { ReadyState, WebConnection } from "./web-connection.ts";
import { clampToShort, describeClass, toMessage, toWellFormed } from "./web-idl.ts";
import { parseWebUrl, syntaxError } from "./web-url.ts";
import { readArguments } from "./websocket-options.ts";
import type { WebSocketConstructor } from "./websocket-types.ts";

/**
 * Makes the standard's `WebSocket` class (https://websockets.spec.whatwg.org) for one transport.
 * Each transport package exports one.
 *
 * @param open - Retained, as is `support`.
 */
export function webSocketClass(open: OpenTransport, support: RuntimeSupport): WebSocketConstructor {
  // Each event has an `ArrayBuffer` of its own.
  const { sharedAloneFrom: _, keepFrom: __, ...rest } = support;
  const ownMemory = { ...rest, sharedFrom: Number.POSITIVE_INFINITY };

  class WebSocket extends webGlobals.EventTarget {
    readonly #connection: WebConnection;
    readonly #handlers: EventHandlers;

    constructor(url: unknown, protocols: unknown = undefined, options: unknown = undefined) {
      // biome-ignore lint/complexity/noArguments: Web IDL counts an undefined argument
      needArguments(arguments.length, "the constructor of WebSocket");
      super();
      const target = this as UsedEventTarget;
      this.#connection = new WebConnection(target, parseWebUrl(`${url}`));
      this.#handlers = new EventHandlers(target);
      this.#connection.connect(readArguments(protocols, options), open, ownMemory);
    }

    get url(): string {
      return this.#connection.url;
    }

    get readyState(): number {
      return this.#connection.readyState;
    }

    get bufferedAmount(): number {
      return this.#connection.bufferedAmount;
    }

    get onopen(): object | null {
      return this.#handlers.get("open");
    }
    set onopen(value: unknown) {
      this.#handlers.set("open", value);
    }

    get onerror(): object | null {
      return this.#handlers.get("error");
    }
    set onerror(value: unknown) {
      this.#handlers.set("error", value);
    }

    get onclose(): object | null {
      return this.#handlers.get("close");
    }
    set onclose(value: unknown) {
      this.#handlers.set("close", value);
    }

    get extensions(): string {
      return this.#connection.extensions;
    }

    get protocol(): string {
      return this.#connection.protocol;
    }

    close(code: unknown = undefined, reason: unknown = undefined): void {
      const connection = this.#connection;
      const statusCode = code === undefined ? undefined : clampToShort(code);
      const text = reason === undefined ? "" : toWellFormed(`${reason}`);
      if (
        statusCode !== undefined &&
        statusCode !== 1000 &&
        !(statusCode >= 3000 && statusCode <= 4999)
      ) {
        const message = `the close code must be 1000 or 3000 to 4999, got ${statusCode}`;
        throw new webGlobals.DOMException(message, "InvalidAccessError");
      }
      if (utf8Length(text) > 123) throw syntaxError("the close reason is longer than 123 bytes");
      connection.close(statusCode, text);
    }

    get onmessage(): object | null {
      return this.#handlers.get("message");
    }
    set onmessage(value: unknown) {
      this.#handlers.set("message", value);
    }

    get binaryType(): string {
      return this.#connection.binaryType;
    }
    set binaryType(value: unknown) {
      const type = `${value}`;
      const connection = this.#connection;
      if (type === "blob" || type === "arraybuffer") connection.binaryType = type;
    }

    send(data: unknown): void {
      const connection = this.#connection;
      // biome-ignore lint/complexity/noArguments: as above
      needArguments(arguments.length, "WebSocket.send");
      const message = toMessage(data);
      if (connection.readyState === ReadyState.Connecting) {
        const explanation = "the WebSocket is still connecting";
        throw new webGlobals.DOMException(explanation, "InvalidStateError");
      }
      connection.send(message);
    }
  }
  return describeClass(WebSocket, ReadyState) as unknown as WebSocketConstructor;
}

function needArguments(count: number, what: string): void {
  if (count === 0) throw new TypeError(`${what} needs an argument`);
}
