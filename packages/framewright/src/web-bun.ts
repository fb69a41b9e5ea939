/**
 * The classes `WebSocket` and `WebSocketStream` for Bun.
 *
 * @module
 */
export * from "@framewright/bun-transport/websocket";
