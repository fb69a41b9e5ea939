import type { IncomingRequest } from "@framewright/websocket";

/**
 * Returns the address of a client that may be behind proxies.
 *
 * Anybody can send `X-Forwarded-For`. Each proxy adds the address that connected to it at the end,
 * so an entry is true only if one of your own proxies added it. The last one is, if the connection
 * comes from one of them; the one before is, if the last is the address of one of them; and so on.
 *
 * @param proxies - The addresses of your proxies, as `request.remoteAddress` shows them.
 */
export function clientAddress(
  { headers, remoteAddress }: IncomingRequest,
  proxies: readonly string[],
): string {
  const forwarded = (headers.get("x-forwarded-for") ?? "").split(",");
  let address = remoteAddress;
  while (proxies.includes(address)) {
    const next = forwarded.pop()?.trim() ?? "";
    if (next === "") break;
    address = next;
  }
  return address;
}
