/**
 * What a transport package needs. See docs/writing-a-transport.md.
 *
 * @module
 */
export type { WebSocketUrl } from "@framewright/codec/handshake";
export { connectWith, type OpenTransport } from "../client/client-handshake.ts";
export { bufferHttp } from "../runtime/buffer-http.ts";
export { bufferAllocate } from "../runtime/buffer-memory.ts";
export { bufferText } from "../runtime/buffer-text.ts";
export type { AbortSignal } from "../runtime/globals.ts";
export { usableMemory } from "../runtime/usable-memory.ts";
export type { ServerTls } from "../server/serve-options.ts";
export { type Listener, type ListenOptions, serveWith } from "../server/server.ts";
export type { RuntimeSupport } from "../socket/socket-options.ts";
export { compressorPool } from "../zlib/zlib-compressors.ts";
export type { Transport, TransportListener } from "./transport.ts";
