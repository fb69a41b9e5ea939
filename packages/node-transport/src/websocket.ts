/**
 * The classes `WebSocket` and `WebSocketStream` for Node, and nothing else.
 *
 * @module
 */
import type {
  WebSocket as WebSocketInstance,
  WebSocketStream as WebSocketStreamInstance,
} from "@framewright/websocket/transport";
import {
  type WebSocketConstructor,
  type WebSocketStreamConstructor,
  webSocketClass,
  webSocketStreamClass,
} from "@framewright/websocket/transport";
import { open } from "./open.ts";
import { runtimeSupport } from "./runtime-support.ts";

export {
  type WebSocketCloseInfo,
  type WebSocketConstructor,
  WebSocketError,
  type WebSocketEvents,
  type WebSocketOpenInfo,
  type WebSocketOptions,
  type WebSocketStreamConstructor,
  type WebSocketStreamOptions,
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

/**
 * A WebSocket with streams and backpressure, as in Chromium. Options for TLS, headers, timeouts and
 * the like are beside the standard's.
 *
 * @example
 * const { readable, writable } = await new WebSocketStream("ws://127.0.0.1:8080/").opened;
 * await readable.pipeTo(writable);
 */
export const WebSocketStream: WebSocketStreamConstructor = /* @__PURE__ */ webSocketStreamClass(
  open,
  runtimeSupport,
);
/** An object of the class `WebSocketStream`. */
export type WebSocketStream = WebSocketStreamInstance;
