/**
 * WebSocket server and client for Deno.
 *
 * @module
 */
export * from "@framewright/deno-transport";
