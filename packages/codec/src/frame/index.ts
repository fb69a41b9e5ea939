/**
 * Frames (RFC 6455 section 5): encodes, decodes, masks and checks them one at a time.
 *
 * @module
 */

export { applyMask, maskInto } from "../mask/mask.ts";
export { isControl } from "../opcode.ts";
export { Utf8Validator } from "../utf8.ts";
export { type DecoderOptions, DecodeStep, FrameDecoder } from "./decoder.ts";
export {
  encodeFrame,
  encodeTextFrame,
  type FrameInit,
  maxTextFrameLength,
  writeFrame,
} from "./encoder.ts";
export {
  FrameBit,
  FrameHeader,
  frameHeaderLength,
  maxFrameHeaderLength,
  readFrameHeader,
  writeFrameHeader,
} from "./header.ts";
export { checkFrameStart, checkPayloadLength, maxControlPayloadLength } from "./rules.ts";
