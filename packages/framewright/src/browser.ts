/**
 * What browsers and other runtimes without a transport have: the client side over the runtime's own
 * `WebSocket`. Functions that need a transport exist, so that shared code can be bundled, and fail
 * with WS_ERR_WRONG_RUNTIME when they are called.
 *
 * @module
 */
import type * as node from "@framewright/node-transport";
import { unavailable } from "./unavailable.ts";

export * from "@framewright/websocket";
export {
  type NativeData,
  type NativeReconnecting,
  type NativeReconnectingOptions,
  type NativeSocket,
  type RuntimeWebSocket,
  reconnecting,
} from "@framewright/websocket/reconnecting";
export { WebSocket, WebSocketStream } from "./web-browser.ts";

/** Rejects with an UnsupportedError with the code WS_ERR_WRONG_RUNTIME. */
export const serve: typeof node.serve = async () => {
  throw unavailable("serve");
};

/** Rejects with an UnsupportedError with the code WS_ERR_WRONG_RUNTIME. */
export const connect: typeof node.connect = async () => {
  throw unavailable("connect");
};

/** Throws an UnsupportedError with the code WS_ERR_WRONG_RUNTIME. */
export const attach: typeof node.attach = () => {
  throw unavailable("attach");
};

/** Throws an UnsupportedError with the code WS_ERR_WRONG_RUNTIME. */
export const createUpgrades: typeof node.createUpgrades = () => {
  throw unavailable("createUpgrades");
};
