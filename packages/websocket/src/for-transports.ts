/**
 * What a transport package is made of: see docs/writing-a-transport.md.
 *
 * @module
 */
export type { WebSocketUrl } from "@framewright/codec";
export { bufferHttp } from "./buffer-http.ts";
export { bufferText } from "./buffer-text.ts";
export { connectWith, type OpenTransport } from "./client-handshake.ts";
export type { Platform, ServerTls } from "./options.ts";
export type { AbortSignal } from "./runtime.ts";
export { type Listener, type ListenOptions, serveWith } from "./server.ts";
export type { Transport, TransportListener } from "./transport.ts";
export { compressorPool } from "./zlib/zlib-compressors.ts";
