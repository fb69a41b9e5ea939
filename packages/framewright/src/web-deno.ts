/**
 * The classes `WebSocket` and `WebSocketStream` for Deno.
 *
 * @module
 */
export * from "@framewright/deno-transport/websocket";
