/**
 * Reads all bytes of a SOCKS5 proxy, by RFC 1928 sections 3 and 6 and RFC 1929 section 2.
 *
 * @param hasPassword - Whether the client offered a user name and password.
 * @returns `open after` the length of the answer, the code of the error, or "incomplete".
 */
export function readSocksAnswer(bytes: Uint8Array, hasPassword: boolean): string {
  const invalid = "WS_ERR_PROXY_INVALID_RESPONSE";
  const denied = "WS_ERR_PROXY_AUTHENTICATION";
  if (bytes.length > 0 && bytes[0] !== 5) return invalid;
  if (bytes.length < 2) return "incomplete";
  let reply = bytes.subarray(2);
  if (bytes[1] === 255) return denied;
  if (bytes[1] !== 0) {
    if (bytes[1] !== 2 || !hasPassword) return invalid;
    if (reply.length > 0 && reply[0] !== 1) return invalid;
    if (reply.length < 2) return "incomplete";
    if (reply[1] !== 0) return denied;
    reply = bytes.subarray(4);
  }
  if (reply.length > 0 && reply[0] !== 5) return invalid;
  if (reply.length > 1 && reply[1] !== 0) return "WS_ERR_PROXY_REFUSED";
  if (reply.length < 5) return "incomplete";
  const addressLength = new Map([
    [1, 4],
    [3, 1 + reply[4]],
    [4, 16],
  ]).get(reply[3]);
  if (addressLength === undefined) return invalid;
  const length = 4 + addressLength + 2;
  if (reply.length < length) return "incomplete";
  return `open after ${bytes.length - reply.length + length}`;
}
