/**
 * The standard's classes. They are built as one file of their own.
 *
 * @module
 */
export { webSocketClass } from "./websocket.ts";
export { webSocketStreamClass } from "./websocket-stream.ts";
