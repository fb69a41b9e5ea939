/**
 * One endpoint of a WebSocket connection (RFC 6455). It takes bytes and returns events and bytes.
 * It does no I/O and has no timers, clock or randomness. Options supply masking keys, memory and text
 * coding.
 *
 * @module
 */
export type { Bytes } from "./bytes/bytes.ts";
export {
  type ClosePayload,
  encodeClosePayload,
  maxReasonLength,
  parseClosePayload,
} from "./close-payload.ts";
export { Connection, type ConnectionOptions } from "./connection/connection.ts";
export { type CloseInfo, ConnectionEvent } from "./connection/events.ts";
export { ConnectionState } from "./connection/state.ts";
export {
  HandshakeError,
  type HandshakeErrorCode,
  type HandshakeErrorDetails,
  type HandshakeStep,
  InvalidStateError,
  ProtocolError,
  type ProtocolErrorCode,
} from "./errors.ts";
export type { Role } from "./frame/rules.ts";
export type { MemoryOptions } from "./message/message-memory.ts";
export type { MessageOptions } from "./message/message-options.ts";
export { PreparedMessage, prepareMessage } from "./message/prepared-message.ts";
export { ReceiveMemory } from "./message/receive-memory.ts";
export { Opcode } from "./opcode.ts";
export { isSendableStatusCode, StatusCode } from "./status-code.ts";
export type { TextCoding } from "./utf8.ts";
