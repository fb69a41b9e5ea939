/**
 * Frames (RFC 6455 section 5.2): encoding, decoding and masking.
 *
 * @module
 */
export * from "@framewright/codec/frame";
