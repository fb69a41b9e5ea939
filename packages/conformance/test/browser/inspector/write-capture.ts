const uint16 = (value: number) => [value >> 8, value & 255];
const uint32 = (value: number) => [...uint16(value >>> 16), ...uint16(value & 0xffff)];

/** Writes a TCP segment in an IPv4 packet, from or to port 80 of 10.0.0.2, without checksums. */
export function ipPacket(
  from: "client" | "server",
  sequenceNumber: number,
  data: Uint8Array,
): Uint8Array {
  const isClient = from === "client";
  const ports = isClient ? [40_000, 80] : [80, 40_000];
  const hosts = isClient ? [1, 2] : [2, 1];
  const tcp = [...ports.flatMap(uint16), ...uint32(sequenceNumber), ...uint32(0)];
  tcp.push(0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0, ...data);
  const ip = [0x45, 0, ...uint16(20 + tcp.length), 0, 0, 0x40, 0, 64, 6, 0, 0];
  return Uint8Array.from([...ip, 10, 0, 0, hosts[0], 10, 0, 0, hosts[1], ...tcp]);
}

/** Writes a pcapng file of IP packets. */
export function pcapng(packets: readonly Uint8Array[]): Uint8Array {
  const block = (type: number, body: readonly number[]) => {
    const padded = [...body, ...Array<number>((4 - (body.length % 4)) % 4).fill(0)];
    const length = uint32(padded.length + 12);
    return [...uint32(type), ...length, ...padded, ...length];
  };
  const rawIp = 101;
  const section = [...uint32(0x1a2b3c4d), 0, 1, 0, 0, ...Array<number>(8).fill(255)];
  const blocks = packets.flatMap((packet) => {
    const length = uint32(packet.length);
    return block(6, [...Array<number>(12).fill(0), ...length, ...length, ...packet]);
  });
  const description = [...uint16(rawIp), ...uint16(0), ...uint32(0)];
  return Uint8Array.from([...block(0x0a0d0d0a, section), ...block(1, description), ...blocks]);
}
