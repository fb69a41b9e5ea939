import type { IncomingRequest } from "@framewright/websocket";

/**
 * Returns the address of a client that may be behind proxies.
 *
 * Anybody can send `X-Forwarded-For`, and each proxy adds at the end the address that connected to
 * it. So the entries are true from the end of the list, for as long as one of your own proxies has
 * added them.
 *
 * @param proxies - The addresses of your proxies, as `request.remoteAddress` shows them.
 */
export function clientAddress(
  { headers, remoteAddress }: IncomingRequest,
  proxies: readonly string[],
): string {
  const forwarded = headers.getAll("x-forwarded-for").join(",").split(",");
  let address = remoteAddress;
  while (proxies.includes(address)) {
    const next = forwarded.pop()?.trim() ?? "";
    if (next === "") break;
    address = next;
  }
  return address;
}
