import { HandshakeError, typeError } from "../errors.ts";
import {
  checkAgreement,
  checkSubprotocols,
  reservedHeaders,
  type UpgradeRequest,
  type UpgradeResult,
  visible,
} from "./client.ts";
import { formatExtensionList } from "./extension-list.ts";
import { addHeaders, type HeaderBlock, readFields } from "./http2.ts";

const responsePseudoHeaders = /* @__PURE__ */ new Set([":status"]);

/**
 * Returns the header block of a client's opening handshake over HTTP/2: an extended CONNECT request
 * (RFC 8441 section 5). It has no key.
 *
 * @throws TypeError if the URL, a subprotocol, an extension or a header is invalid.
 */
export function connectRequest(
  request: Omit<UpgradeRequest, "key">,
): Record<string, string | string[]> {
  const { url, subprotocols = [], extensions = [], headers = {} } = request;
  checkSubprotocols(subprotocols);
  if (!visible.test(url.host) || !visible.test(url.target)) {
    throw typeError("WS_ERR_INVALID_ARGUMENT", "the URL is invalid");
  }
  const block: Record<string, string | string[]> = {
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":scheme": url.secure ? "https" : "http",
    ":path": url.target,
    ":authority": url.host,
    "sec-websocket-version": "13",
  };
  if (subprotocols.length > 0) block["sec-websocket-protocol"] = subprotocols.join(", ");
  if (extensions.length > 0) block["sec-websocket-extensions"] = formatExtensionList(extensions);
  addHeaders(block, headers, reservedHeaders);
  if (url.authorization !== "") block.authorization ??= url.authorization;
  return block;
}

/**
 * Checks a server's response to an opening handshake over HTTP/2 (RFC 8441 section 5).
 *
 * @param request - The request that was sent.
 * @returns The agreed subprotocol and extensions, or the fault. If the status is not 2xx, the fault
 *   has the response's headers. The status of a malformed response is 0.
 */
export function checkConnectResponse(
  block: HeaderBlock,
  request: Omit<UpgradeRequest, "key">,
): UpgradeResult | HandshakeError {
  const fields = readFields(block, responsePseudoHeaders);
  if (typeof fields === "string") return new HandshakeError("WS_ERR_INVALID_HTTP", 0, fields);
  const { pseudo, headers } = fields;
  const text = pseudo.get(":status") ?? "";
  const status = /^\d{3}$/.test(text) ? Number(text) : 0;
  if (status >= 200 && status <= 299) return checkAgreement(headers, request, status);
  const message = `the server answered with HTTP status ${status}`;
  return new HandshakeError("WS_ERR_UNEXPECTED_RESPONSE", status, message, { headers });
}
