const { URL } = globalThis as unknown as { URL: new (url: string) => { hostname: string } };

/**
 * Parses an IP address in text form.
 *
 * @param text - IPv4 in four decimal parts, or IPv6 without brackets and zone.
 * @returns Its 4 or 16 bytes, or undefined if it is none.
 *
 * @example
 * parseAddress("127.0.0.1"); // [127, 0, 0, 1]
 */
export function parseAddress(text: string): readonly number[] | undefined {
  if (text.includes(":")) return parseIpv6(text);
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseIpv6(text: string): readonly number[] | undefined {
  if (!/^[\da-f:.]+$/i.test(text)) return undefined;
  let canonical: string;
  try {
    // The result has hexadecimal groups alone, and at most one "::".
    canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
  const [start, end = ""] = canonical.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [before, after] = [groups(start), groups(end)];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Whether two addresses of one family agree in their first `bits` bits. */
export function haveSamePrefix(a: readonly number[], b: readonly number[], bits: number): boolean {
  if (a.length !== b.length || bits > a.length * 8) return false;
  return a.every((byte, index) => {
    const kept = Math.min(Math.max(bits - index * 8, 0), 8);
    return (byte ^ b[index]) >> (8 - kept) === 0;
  });
}
