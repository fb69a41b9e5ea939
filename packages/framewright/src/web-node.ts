/**
 * The classes `WebSocket` and `WebSocketStream` for Node.
 *
 * @module
 */
export * from "@framewright/node-transport/websocket";
