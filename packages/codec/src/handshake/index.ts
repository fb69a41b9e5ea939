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
export { type HttpHead, HttpHeadReader, maxHeaderLines, maxHeadLength } from "./http-head.ts";
export { HttpHeaders } from "./http-headers.ts";
export { type HttpRequest, parseRequest } from "./http-request.ts";
export {
  encodeHandshakeFault,
  encodeHttpResponse,
  faultResponse,
  type HttpResponse,
} from "./http-response.ts";
export {
  checkConnectRequest,
  connectResponse,
  type HeaderBlock,
  isWebSocketConnect,
  parseConnectRequest,
} from "./http2.ts";
export { checkConnectResponse, connectRequest } from "./http2-client.ts";
export { UpgradeRequestReader } from "./request-reader.ts";
export { UpgradeResponseReader } from "./response-reader.ts";
export {
  checkUpgradeRequest,
  chooseSubprotocol,
  encodeUpgradeResponse,
  isUpgradeRequest,
  offeredExtensions,
} from "./server.ts";
export { parseWebSocketUrl, type WebSocketUrl } from "./url.ts";
