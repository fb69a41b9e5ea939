import type { Packet } from "./capture-file.ts";

/** A TCP segment (RFC 9293 section 3.1). */
export interface Segment {
  /** In seconds; NaN if it is not known. */
  readonly time: number;
  /** Address and port, such as `127.0.0.1:8080` or `[::1]:8080`. */
  readonly source: string;
  readonly destination: string;
  readonly destinationPort: number;
  readonly sourcePort: number;
  readonly sequence: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly payload: Uint8Array;
}

const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd, vlan: [0x8100, 0x88a8] };
const tcp = 6;

/**
 * Reads the TCP segment of a packet. Never throws.
 *
 * @returns undefined for other packets, fragments of IP, and packets that were not captured whole.
 */
export function segmentOf({ time, linkType, bytes }: Packet): Segment | undefined {
  const start = ipStart(linkType, bytes);
  if (start === undefined || start >= bytes.length) return undefined;
  const ip = bytes.subarray(start);
  const version = ip[0] >> 4;
  if (version === 4) return ipv4Segment(time, ip);
  return version === 6 ? ipv6Segment(time, ip) : undefined;
}

/** Where the IP packet starts behind the header of the link layer; undefined if there is none. */
function ipStart(linkType: number, bytes: Uint8Array): number | undefined {
  switch (linkType) {
    // The loopback of BSD, in either byte order: four bytes of the address family.
    case 0:
    case 108:
      return 4;
    case 1:
      return etherStart(bytes, 12);
    // Raw IP, and what some systems wrote for it.
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return 0;
    // Linux "cooked" captures, version 1 and 2.
    case 113:
      return etherStart(bytes, 14);
    case 276:
      return isIp(u16(bytes, 0)) ? 20 : undefined;
    default:
      return undefined;
  }
}

function etherStart(bytes: Uint8Array, typeAt: number): number | undefined {
  let at = typeAt;
  while (etherTypes.vlan.includes(u16(bytes, at))) at += 4;
  return isIp(u16(bytes, at)) ? at + 2 : undefined;
}

function isIp(type: number): boolean {
  return type === etherTypes.ipv4 || type === etherTypes.ipv6;
}

function ipv4Segment(time: number, ip: Uint8Array): Segment | undefined {
  if (ip.length < 20) return undefined;
  const headerLength = (ip[0] & 0x0f) * 4;
  const total = u16(ip, 2);
  // With TCP segmentation offload the length is 0: the rest of the packet counts.
  const end = total === 0 ? ip.length : total;
  const isFragment = (u16(ip, 6) & 0x3fff) !== 0;
  if (isFragment || ip[9] !== tcp || headerLength < 20 || end > ip.length || end < headerLength)
    return undefined;
  const address = (at: number) => ip.subarray(at, at + 4).join(".");
  return tcpSegment(time, ip.subarray(headerLength, end), address(12), address(16));
}

/** Headers of IPv6 that may precede TCP: hop-by-hop options, routing, destination options. */
const extensionHeaders = [0, 43, 60];

function ipv6Segment(time: number, ip: Uint8Array): Segment | undefined {
  if (ip.length < 40) return undefined;
  const length = u16(ip, 4);
  const end = length === 0 ? ip.length : 40 + length;
  if (end > ip.length) return undefined;
  let next = ip[6];
  let at = 40;
  while (extensionHeaders.includes(next) && at + 8 <= end) {
    next = ip[at];
    at += 8 * (ip[at + 1] + 1);
  }
  if (next !== tcp || at > end) return undefined;
  const address = (from: number) => `[${ipv6Text(ip, from)}]`;
  return tcpSegment(time, ip.subarray(at, end), address(8), address(24));
}

/** An IPv6 address as text (RFC 5952). */
function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => u16(bytes, at + 2 * index).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function tcpSegment(
  time: number,
  bytes: Uint8Array,
  source: string,
  destination: string,
): Segment | undefined {
  const headerLength = (bytes[12] >> 4) * 4;
  if (bytes.length < 20 || headerLength < 20 || headerLength > bytes.length) return undefined;
  const [sourcePort, destinationPort] = [u16(bytes, 0), u16(bytes, 2)];
  const flags = bytes[13];
  return {
    time,
    source: `${source}:${sourcePort}`,
    destination: `${destination}:${destinationPort}`,
    ...{ sourcePort, destinationPort },
    sequence: u16(bytes, 4) * 65_536 + u16(bytes, 6),
    fin: (flags & 1) !== 0,
    syn: (flags & 2) !== 0,
    rst: (flags & 4) !== 0,
    ack: (flags & 16) !== 0,
    payload: bytes.subarray(headerLength),
  };
}

/** An unsigned integer of two bytes, or NaN beyond the end. */
function u16(bytes: Uint8Array, at: number): number {
  return at + 2 <= bytes.length ? (bytes[at] << 8) | bytes[at + 1] : Number.NaN;
}
