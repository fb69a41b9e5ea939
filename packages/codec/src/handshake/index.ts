/**
 * The opening handshake (RFC 6455 section 4) of both endpoints: encodes, decodes and checks it.
 *
 * @module
 */
export { computeAcceptKey, isValidKey } from "./accept-key.ts";
export {
  checkSubprotocols,
  checkUpgradeResponse,
  encodeKey,
  encodeUpgradeRequest,
  type UpgradeRequest,
  type UpgradeResult,
} from "./client.ts";
export { type Extension, formatExtensionList, parseExtensionList } from "./extension-list.ts";
export { type HeadersInit, isToken, parseTokenList } from "./header-values.ts";
export { maxBodyLength } from "./http-body.ts";
export type { HttpCoding } from "./http-coding.ts";
export {
  type HttpHead,
  HttpHeaders,
  HttpHeadReader,
  maxHeaderLines,
  maxHeadLength,
} from "./http-head.ts";
export { UpgradeResponseReader } from "./response-reader.ts";
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
} from "./server.ts";
export { parseWebSocketUrl, type WebSocketUrl } from "./url.ts";
