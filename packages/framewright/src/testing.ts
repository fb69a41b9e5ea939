/**
 * Sockets in memory and a clock that tests advance.
 *
 * @module
 */
export * from "@framewright/websocket/testing";
