/** Returns an IPv4 address itself and the first 64 bits of an IPv6 address. */
export function networkOf(address: string): string {
  // An IPv4 client of an IPv6 socket has an address such as ::ffff:192.0.2.1.
  if (!address.includes(":") || address.includes(".")) return address.replace(/^.*:/, "");
  const [head, tail] = address.replace(/%.*/, "").split("::");
  const groups = head.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - tail.split(":").length;
  const first = [
    ...groups,
    ...Array<string>(Math.max(zeros, 0)).fill("0"),
    ...(tail?.split(":") ?? []),
  ];
  return first
    .slice(0, 4)
    .map((group) => Number.parseInt(group || "0", 16).toString(16))
    .join(":");
}
