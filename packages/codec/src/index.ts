/**
 * RFC 6455 as pure functions and state machines over bytes: no I/O, no timers, no clock, no
 * randomness of its own.
 *
 * @module
 */

export { copyBytes, joinBytes, noBytes } from "./bytes/bytes.ts";
export {
  type ClosePayload,
  encodeClosePayload,
  maxReasonLength,
  parseClosePayload,
} from "./close-payload.ts";
export { Connection, type ConnectionOptions } from "./connection/connection.ts";
export { type CloseInfo, ConnectionEvent } from "./connection/events.ts";
export { OutputQueue, outputBufferSize } from "./connection/output.ts";
export { ConnectionState, StateInput, transitions } from "./connection/state.ts";
export type { Compressors, Deflator, Inflator } from "./deflate/compressor.ts";
export { CompressorPool, deflatorMemory, inflatorMemory } from "./deflate/compressor-pool.ts";
export { acceptDeflateOffer, DeflateOffer } from "./deflate/deflate-handshake.ts";
export {
  type DeflateParameters,
  type DeflatePreferences,
  negotiateDeflate,
  offerDeflate,
  readDeflateResponse,
} from "./deflate/deflate-negotiation.ts";
export {
  type DeflateSettings,
  InflateResult,
  PerMessageDeflate,
} from "./deflate/permessage-deflate.ts";
export {
  type CallerErrorCode,
  HandshakeError,
  type HandshakeErrorCode,
  type HandshakeErrorDetails,
  InvalidStateError,
  ProtocolError,
  type ProtocolErrorCode,
  rangeError,
  typeError,
} from "./errors.ts";
export { type DecoderOptions, DecodeStep, FrameDecoder } from "./frame/decoder.ts";
export { encodeFrame, encodeTextFrame, maxTextFrameLength } from "./frame/encoder.ts";
export {
  FrameHeader,
  frameHeaderLength,
  maxFrameHeaderLength,
  readFrameHeader,
  writeFrameHeader,
} from "./frame/header.ts";
export {
  checkFrameStart,
  checkPayloadLength,
  maxControlPayloadLength,
  type Role,
} from "./frame/rules.ts";
export { computeAcceptKey, isValidKey } from "./handshake/accept-key.ts";
export {
  checkSubprotocols,
  checkUpgradeResponse,
  encodeKey,
  encodeUpgradeRequest,
  type UpgradeRequest,
  type UpgradeResult,
} from "./handshake/client.ts";
export {
  type Extension,
  formatExtensionList,
  parseExtensionList,
} from "./handshake/extension-list.ts";
export {
  encodeLatin1,
  type HeadersInit,
  isToken,
  parseTokenList,
} from "./handshake/header-values.ts";
export { maxBodyLength } from "./handshake/http-body.ts";
export type { HttpCoding } from "./handshake/http-coding.ts";
export {
  type HttpHead,
  HttpHeaders,
  HttpHeadReader,
  maxHeaderLines,
  maxHeadLength,
} from "./handshake/http-head.ts";
export { UpgradeResponseReader } from "./handshake/response-reader.ts";
export {
  checkUpgradeRequest,
  chooseSubprotocol,
  encodeHandshakeFault,
  encodeHttpResponse,
  encodeUpgradeResponse,
  type HttpRequest,
  type HttpResponse,
  isUpgradeRequest,
  parseRequest,
} from "./handshake/server.ts";
export { parseWebSocketUrl, type WebSocketUrl } from "./handshake/url.ts";
export { applyMask, maskInto } from "./mask/mask.ts";
export type { MessageOptions } from "./message/message-assembler.ts";
export type { MemoryOptions } from "./message/message-memory.ts";
export { PreparedMessage, prepareMessage } from "./message/prepared-message.ts";
export { ReceiveMemory } from "./message/receive-memory.ts";
export { isControl, Opcode } from "./opcode.ts";
export { trimPools } from "./pools.ts";
export { isSendableStatusCode, StatusCode } from "./status-code.ts";
export {
  decodeShortAscii,
  decodeUtf8,
  standardTextCoding,
  type TextCoding,
  Utf8Validator,
  utf8Length,
  writeShortAscii,
  writeUtf8,
} from "./utf8.ts";
