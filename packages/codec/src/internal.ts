/**
 * Internals for the other packages of this project. Not for users: they may change in any release.
 *
 * @module
 */
export { copyBytes, freeBytes, noBytes } from "./bytes/bytes.ts";
export { MessageBuffer } from "./bytes/message-buffer.ts";
export { OutputQueue } from "./connection/output.ts";
export { outputBufferSize } from "./connection/output-buffers.ts";
export { StateInput, transitions } from "./connection/state.ts";
export { type CallerErrorCode, rangeError, shownValue, typeError, withCode } from "./errors.ts";
export { AnswerReader } from "./handshake/answer-reader.ts";
export { decodeLatin1, encodeLatin1, formatHeaders } from "./handshake/header-values.ts";
export { encodeBase64 } from "./handshake/http-coding.ts";
export { maxSocketPathLength } from "./handshake/unix-url.ts";
export { trimPools } from "./pools.ts";
export {
  decodeShortAscii,
  decodeUtf8,
  standardTextCoding,
  Utf8Validator,
  utf8Length,
  writeShortAscii,
  writeUtf8,
} from "./utf8.ts";
