/** Bytes of packets and captures, written after the formats' descriptions. */

/** A TCP segment to write. */
export interface SegmentFields {
  readonly from: "client" | "server";
  readonly sequence: number;
  readonly flags?: string;
  readonly payload?: Uint8Array | string;
  readonly time?: number;
}

export const ports = { client: 50_000, server: 8080 } as const;

function bytesOf(payload: Uint8Array | string = ""): Buffer {
  return typeof payload === "string" ? Buffer.from(payload, "latin1") : Buffer.from(payload);
}

/** A TCP header and its payload (RFC 9293 section 3.1). */
export function tcp({ from, sequence, flags = "A", payload }: SegmentFields, options = 0): Buffer {
  const header = Buffer.alloc(20 + options);
  header.writeUInt16BE(ports[from], 0);
  header.writeUInt16BE(ports[from === "client" ? "server" : "client"], 2);
  header.writeUInt32BE(sequence >>> 0, 4);
  header[12] = ((20 + options) / 4) << 4;
  header[13] = [..."FSRPA"].reduce(
    (bits, flag, bit) => bits | (flags.includes(flag) ? 1 << bit : 0),
    0,
  );
  return Buffer.concat([header, bytesOf(payload)]);
}

/** An IPv4 packet (RFC 791 section 3.1). */
export function ipv4(
  fields: SegmentFields,
  changes: Readonly<Record<number, number>> = {},
): Buffer {
  const segment = tcp(fields);
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + segment.length, 2);
  header[9] = 6;
  header.set([10, 0, 0, fields.from === "client" ? 1 : 2], 12);
  header.set([10, 0, 0, fields.from === "client" ? 2 : 1], 16);
  for (const [index, value] of Object.entries(changes)) header[Number(index)] = value;
  return Buffer.concat([header, segment]);
}

/** An IPv6 packet (RFC 8200 section 3), with hop-by-hop options before TCP. */
export function ipv6(fields: SegmentFields): Buffer {
  const rest = Buffer.concat([Buffer.from([6, 0, 1, 4, 0, 0, 0, 0]), tcp(fields, 12)]);
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(rest.length, 4);
  header[23] = fields.from === "client" ? 1 : 2;
  header[39] = fields.from === "client" ? 2 : 1;
  return Buffer.concat([header, rest]);
}

/** An Ethernet frame, with VLAN tags if `vlans` is not 0. */
export function ethernet(packet: Uint8Array, vlans = 0): Buffer {
  const tags = Buffer.alloc(4 * vlans);
  for (let tag = 0; tag < vlans; tag++) tags.writeUInt16BE(0x8100, 4 * tag);
  const type = packet[0] >> 4 === 6 ? [0x86, 0xdd] : [8, 0];
  return Buffer.concat([Buffer.alloc(12), tags, Buffer.from(type), packet]);
}

/** A pcap file. */
export function pcap(
  packets: readonly { readonly time?: number; readonly bytes: Uint8Array }[],
  linkType = 1,
  isLittle = true,
  isNano = false,
): Buffer {
  const u32 = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, index) => {
      if (isLittle) bytes.writeUInt32LE(value, 4 * index);
      else bytes.writeUInt32BE(value, 4 * index);
    });
    return bytes;
  };
  const magic = isNano ? 0xa1b23c4d : 0xa1b2c3d4;
  const records = packets.flatMap(({ time = 0, bytes }) => {
    const seconds = Math.floor(time);
    const fraction = Math.round((time - seconds) * (isNano ? 1e9 : 1e6));
    return [u32(seconds, fraction, bytes.length, bytes.length), bytes];
  });
  return Buffer.concat([u32(magic, 0x0004_0002, 0, 0, 65_535, linkType), ...records]);
}

/** A pcapng file with a section, an interface and its packets, and a block of an unknown type. */
export function pcapng(
  packets: readonly { readonly time: number; readonly bytes: Uint8Array }[],
  linkType = 1,
  isLittle = true,
): Buffer {
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (isLittle) bytes.writeUInt32LE(value >>> 0);
    else bytes.writeUInt32BE(value >>> 0);
    return bytes;
  };
  const u16 = (value: number) => (isLittle ? u32(value).subarray(0, 2) : u32(value).subarray(2));
  const block = (type: number, ...parts: Uint8Array[]) => {
    const body = Buffer.concat(parts);
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    const length = u32(12 + padded.length);
    return Buffer.concat([u32(type), length, padded, length]);
  };
  // Time stamps in units of 10^-9 seconds.
  const resolution = Buffer.concat([u16(9), u16(1), Buffer.from([9, 0, 0, 0]), u32(0)]);
  const written = packets.map(({ time, bytes }) => {
    const units = BigInt(Math.round(time * 1e9));
    const stamp = [u32(Number(units >> 32n)), u32(Number(units & 0xffff_ffffn))];
    return block(6, u32(0), ...stamp, u32(bytes.length), u32(bytes.length), bytes);
  });
  return Buffer.concat([
    block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffff_ffff), u32(0xffff_ffff)),
    block(1, u16(linkType), u16(0), u32(65_535), resolution),
    block(0x0bad, Buffer.from([1, 2, 3])),
    ...written,
  ]);
}
