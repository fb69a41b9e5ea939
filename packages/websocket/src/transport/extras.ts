/**
 * What a transport package needs for TLS, Unix sockets and streams. It is apart from the rest, so that
 * bundlers load it only with what uses it. See docs/writing-a-transport.md.
 *
 * @module
 */
export { readCertificates } from "../options/read-certificate.ts";
export { listenTls } from "../server/listen-tls.ts";
export { listenUnix } from "../server/listen-unix.ts";
export { compressorPool } from "../zlib/zlib-compressors.ts";
export { type DuplexDetails, type DuplexStream, DuplexTransport } from "./duplex-transport.ts";
export { verifiedCertificate } from "./peer-certificate.ts";
