/**
 * What a transport package needs. See docs/writing-a-transport.md.
 *
 * @module
 */
export type { WebSocketUrl } from "@framewright/codec/handshake";
export type { ClientTlsSettings } from "../client/client-tls.ts";
export { connectWith } from "../client/connect.ts";
export type { AnyConnectOptions } from "../client/connect-options.ts";
export { NetworkWatch } from "../client/network-watch.ts";
export type {
  OpeningProgress,
  OpenTransport,
  TransportTarget,
} from "../client/open-transport.ts";
export { type Connect, reconnectingWith } from "../client/reconnecting.ts";
export type { AnyReconnectingOptions } from "../client/reconnecting-types.ts";
export { diagnosticsChannels, type RuntimeDiagnostics } from "../diagnostics.ts";
export { bufferHttp } from "../runtime/buffer-http.ts";
export { bufferAllocate, keepingMemory } from "../runtime/buffer-memory.ts";
export { bufferText } from "../runtime/buffer-text.ts";
export type { AbortSignal } from "../runtime/globals.ts";
export { mayUseInternals } from "../runtime/internals.ts";
export { nameResolver, type ResolveName } from "../runtime/name-resolver.ts";
export { currentRuntime, type RuntimeName } from "../runtime/runtime-name.ts";
export { UnsupportedError, type UnsupportedErrorCode } from "../runtime/unsupported-error.ts";
export { usableMemory } from "../runtime/usable-memory.ts";
export { attachWith, type HttpServer } from "../server/attach.ts";
export type { ListenAddress } from "../server/listen-options.ts";
export { type Listener, type ListenOptions, serveWith } from "../server/server.ts";
export type { TlsSettings } from "../server/server-tls.ts";
export { createUpgradesWith, type UpgradeSocket } from "../server/upgrades.ts";
export type { RuntimeSupport } from "../socket/socket-options.ts";
export { WriteBatch } from "../timing/write-batch.ts";
export { webSocketClass, webSocketStreamClass } from "../web/classes.ts";
export type { WebSocketStream, WebSocketStreamConstructor } from "../web/websocket-stream-types.ts";
export type { WebSocket, WebSocketConstructor } from "../web/websocket-types.ts";
export type { PeerCertificate } from "./peer-certificate.ts";
export { ReadBuffer } from "./read-buffer.ts";
export { checkSocketPath } from "./socket-path.ts";
export { systemError } from "./system-error.ts";
export type { Transport, TransportListener } from "./transport.ts";
export { outputView } from "./write-out.ts";
