/**
 * The WebSocket that user code holds, whatever the runtime. The packages for Node, Deno and Bun
 * export all of this beside their `serve` and `connect`.
 *
 * @module
 */
export {
  type CloseInfo,
  HandshakeError,
  type HandshakeErrorCode,
  type HeadersInit,
  HttpHeaders,
  type HttpResponse,
  InvalidStateError,
  PreparedMessage,
  ProtocolError,
  type ProtocolErrorCode,
  StatusCode,
} from "@framewright/codec";
export { type BroadcastOptions, type BroadcastResult, broadcast, prepare } from "./broadcast.ts";
export type { CompressionOptions } from "./compression.ts";
export type { Direction, Handlers } from "./handlers.ts";
export { IncomingRequest } from "./incoming-request.ts";
export type { Message } from "./message-queue.ts";
export type {
  ClientTls,
  CloseOptions,
  CommonOptions,
  ConnectOptions,
  ServeOptions,
  ServerTls,
} from "./options.ts";
export { Refusal, refuse } from "./refusal.ts";
export { ListenError, type Server } from "./server.ts";
export { type SendResult, WebSocket } from "./websocket.ts";
