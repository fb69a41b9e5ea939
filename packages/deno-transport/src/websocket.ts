/**
 * The standard `WebSocket` class for Deno, and nothing else.
 *
 * @module
 */
import type { WebSocket as WebSocketInstance } from "@framewright/websocket/transport";
import { type WebSocketConstructor, webSocketClass } from "@framewright/websocket/transport";
import { open } from "./open.ts";
import { runtimeSupport } from "./runtime-support.ts";

export type {
  WebSocketConstructor,
  WebSocketEvents,
  WebSocketOptions,
} from "@framewright/websocket";

/**
 * The WebSocket of browsers (https://websockets.spec.whatwg.org). Options for TLS, headers, timeouts
 * and the like are in a third argument, or in the place of the second.
 *
 * @example
 * const socket = new WebSocket("ws://127.0.0.1:8080/", { headers: { "x-token": "secret" } });
 * socket.onopen = () => socket.send("hello");
 * socket.onmessage = ({ data }) => console.log(data);
 */
export const WebSocket: WebSocketConstructor = /* @__PURE__ */ webSocketClass(open, runtimeSupport);
/** An object of the class `WebSocket`. */
export type WebSocket = WebSocketInstance;
