/**
 * WebSocket server and client for Node.
 *
 * @module
 */
export * from "@framewright/node-transport";
