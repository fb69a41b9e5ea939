/**
 * Reconnecting over the `WebSocket` class of a browser, or any other with its interface. Under 3 KB
 * when it is minified and compressed. See docs/reconnecting.md.
 *
 * @module
 */
export {
  type NativeData,
  type NativeReconnecting,
  type NativeReconnectingOptions,
  type NativeSocket,
  type RuntimeWebSocket,
  reconnecting,
} from "./native.ts";
export type { DropReason, QueueOptions } from "./outbox.ts";
export type { ConnectionFailure, RetryOptions } from "./policy.ts";
export {
  ReconnectingError,
  type ReconnectingState,
  type ReconnectOptions,
  type StateChange,
} from "./reconnection.ts";
