import { concat } from "../bytes.ts";

/** A frame to be written, legal or not. */
export interface FrameToWrite {
  fin?: boolean;
  /** RSV1, RSV2 and RSV3 in the bits 0x70. */
  rsv?: number;
  opcode: number;
  payload?: Uint8Array | readonly number[];
  /** Four octets, or undefined for an unmasked frame. */
  maskingKey?: readonly number[] | undefined;
  /** The form of the length. The shortest one by default. */
  lengthBits?: 7 | 16 | 64;
  /** The length in the header. The payload's by default. */
  declaredLength?: bigint;
}

/** Writes one frame by RFC 6455 section 5.2, octet by octet. */
export function writeFrame(frame: FrameToWrite): Uint8Array {
  const { fin = true, rsv = 0, opcode, payload = [], maskingKey } = frame;
  const length = frame.declaredLength ?? BigInt(payload.length);
  const lengthBits = frame.lengthBits ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const length7 = lengthBits === 7 ? Number(length) : lengthBits === 16 ? 126 : 127;
  const octets = [(fin ? 128 : 0) + rsv + opcode, (maskingKey ? 128 : 0) + length7];
  if (lengthBits !== 7) {
    for (let shift = lengthBits - 8; shift >= 0; shift -= 8) {
      octets.push(Number((length >> BigInt(shift)) & 255n));
    }
  }
  if (maskingKey === undefined) return concat([Uint8Array.from(octets), Uint8Array.from(payload)]);
  const masked = Uint8Array.from(payload, (octet, i) => octet ^ maskingKey[i % 4]);
  return concat([Uint8Array.from(octets), Uint8Array.from(maskingKey), masked]);
}

/** Writes a frame as the receiver's peer would: masked if the receiver is a server. */
export function frameFor(role: "client" | "server", frame: FrameToWrite): Uint8Array {
  const maskingKey = role === "server" ? [0x37, 0xfa, 0x21, 0x3d] : undefined;
  return writeFrame({ maskingKey, ...frame });
}
