/**
 * The public types and functions that do not depend on a runtime. The packages for Node, Deno and
 * Bun re-export all of them together with their `serve` and `connect`.
 *
 * @module
 */
export {
  type Bytes,
  type CloseInfo,
  HandshakeError,
  type HandshakeErrorCode,
  type HandshakeStep,
  InvalidStateError,
  PreparedMessage,
  ProtocolError,
  type ProtocolErrorCode,
  StatusCode,
} from "@framewright/codec";
export { type HeadersInit, HttpHeaders, type HttpResponse } from "@framewright/codec/handshake";
export type { ClientTls } from "./client/client-tls.ts";
export type { AnyConnectOptions, ConnectOptions, DataIfNeeded } from "./client/connect-options.ts";
export type { HandshakeTimeouts } from "./client/handshake-limits.ts";
export type { ProxyOptions } from "./client/proxy/proxy-options.ts";
export type {
  AnyReconnectingOptions,
  Reconnecting,
  ReconnectingOptions,
  ReconnectingUrl,
} from "./client/reconnecting-types.ts";
export type { RedirectOptions } from "./client/redirect-options.ts";
export type {
  CloseDiagnostics,
  DiagnosticsMessages,
  ErrorDiagnostics,
  HandshakeDiagnostics,
  LimitAction,
  LimitDiagnostics,
  LimitName,
  OpenDiagnostics,
} from "./diagnostics.ts";
export type { BufferOptions } from "./options/buffer-options.ts";
export type { CompressionOptions } from "./options/compression-options.ts";
export type { HeartbeatOptions, LifeOptions } from "./options/life-options.ts";
export type { MessageRateOptions } from "./options/rate-options.ts";
export type { Certificate, TlsVersion } from "./options/tls-values.ts";
export type { DropReason, QueueOptions } from "./reconnecting/outbox.ts";
export type { ConnectionFailure, RetryOptions } from "./reconnecting/policy.ts";
export {
  ReconnectingError,
  type ReconnectingState,
  type ReconnectOptions,
  type StateChange,
} from "./reconnecting/reconnection.ts";
export type { RuntimeBlob } from "./runtime/blob.ts";
export type { RuntimeAsyncDisposable, RuntimeDisposable } from "./runtime/disposal.ts";
export { UnsupportedError, type UnsupportedErrorCode } from "./runtime/unsupported-error.ts";
export type {
  AcceptIfNeeded,
  AcceptNeeded,
  AcceptOfRoute,
  AcceptOfRoutesNeeded,
} from "./server/accept-types.ts";
export type { HttpServer } from "./server/attach.ts";
export type { AttachedServer } from "./server/attached-server.ts";
export type { ClientLimitOptions } from "./server/client-limits.ts";
export { IncomingRequest } from "./server/incoming-request.ts";
export type { Origins } from "./server/origins.ts";
export type { PathParameters } from "./server/path-pattern.ts";
export { Refusal, refuse } from "./server/refusal.ts";
export { route } from "./server/routes.ts";
export type {
  AnyRouteOptions,
  AnyServeOptions,
  CloseOptions,
  CloseResult,
  RouteOptions,
  ServeOptions,
} from "./server/serve-options.ts";
export { ListenError, type Server } from "./server/server.ts";
export type { ServerStats } from "./server/server-stats.ts";
export type { ServerTls } from "./server/server-tls.ts";
export type {
  AnyAttachOptions,
  AttachOptions,
  NodeRequest,
  UpgradeSocket,
  Upgrades,
} from "./server/upgrades.ts";
export {
  type BroadcastOptions,
  type BroadcastResult,
  broadcast,
  prepare,
} from "./socket/broadcast.ts";
export type { MessageSource } from "./socket/chunk-source.ts";
export type { Direction, Handlers } from "./socket/handlers.ts";
export { IncompleteMessageError } from "./socket/incomplete-message-error.ts";
export type { Message } from "./socket/message-queue.ts";
export type { CommonOptions } from "./socket/socket-options.ts";
export type {
  DroppedMessage,
  Preparable,
  Sendable,
  SendResult,
  SendStreamOptions,
  Socket,
} from "./socket/socket-types.ts";
export { TerminationError, type TerminationErrorCode } from "./socket/termination-error.ts";
export type { PeerCertificate } from "./transport/peer-certificate.ts";
export { type WebSocketCloseInfo, WebSocketError } from "./web/websocket-error.ts";
export type { WebSocketOptions } from "./web/websocket-options.ts";
export type {
  WebSocketOpenInfo,
  WebSocketStreamConstructor,
  WebSocketStreamOptions,
} from "./web/websocket-stream-types.ts";
export type { WebSocketConstructor, WebSocketEvents } from "./web/websocket-types.ts";
