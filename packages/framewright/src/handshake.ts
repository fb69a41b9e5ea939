/**
 * The opening handshake (RFC 6455 section 4) of both endpoints.
 *
 * @module
 */
export * from "@framewright/codec/handshake";
