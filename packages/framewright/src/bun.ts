/**
 * WebSocket server and client for Bun.
 *
 * @module
 */
export * from "@framewright/bun-transport";
