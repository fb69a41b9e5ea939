/**
 * Reconnecting over the runtime's own WebSocket class.
 *
 * @module
 */
export * from "@framewright/websocket/reconnecting";
