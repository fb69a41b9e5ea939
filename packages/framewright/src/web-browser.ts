/**
 * The browser's own classes `WebSocket` and `WebSocketStream`.
 *
 * @module
 */
import { globals, missingClass } from "./unavailable.ts";

/** The runtime's class, by the types of the program that uses this package. */
type RuntimeClass<Name extends string> = typeof globalThis extends {
  [Key in Name]: infer Class;
}
  ? Class
  : new (
      url: string,
      ...rest: never
    ) => object;

/** The global `WebSocket`. Where there is none, its constructor throws. */
export const WebSocket: RuntimeClass<"WebSocket"> = /* @__PURE__ */ (() =>
  globals.WebSocket ?? missingClass("WebSocket"))() as RuntimeClass<"WebSocket">;

/** The global `WebSocketStream`. Where there is none, its constructor throws. */
export const WebSocketStream: RuntimeClass<"WebSocketStream"> = /* @__PURE__ */ (() =>
  globals.WebSocketStream ?? missingClass("WebSocketStream"))() as RuntimeClass<"WebSocketStream">;

export { WebSocketError } from "@framewright/websocket";
