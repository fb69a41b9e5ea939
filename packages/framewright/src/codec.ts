/**
 * RFC 6455 as state machines over bytes, without I/O.
 *
 * @module
 */
export * from "@framewright/codec";
