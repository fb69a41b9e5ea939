import { rangeError, shownValue, typeError } from "../errors.ts";
import { maskInto } from "../mask/mask.ts";

/** The fields of a frame to encode, legal or not. */
export interface FrameFields {
  /** Default true. */
  readonly fin?: boolean | undefined;
  /** Default false, as the other two. */
  readonly rsv1?: boolean | undefined;
  readonly rsv2?: boolean | undefined;
  readonly rsv3?: boolean | undefined;
  /** 0 to 15, including reserved opcodes. */
  readonly opcode: number;
  /** The key as one 32-bit integer. Default undefined: MASK is 0 and the frame has no key. */
  readonly maskingKey?: number | undefined;
  /** The form of the payload length. Default: the shortest one that fits. */
  readonly lengthBits?: 7 | 16 | 64 | undefined;
  /** The length in the header. Default: that of `payload`. */
  readonly payloadLength?: bigint | number | undefined;
  /** Unmasked. Borrowed, not modified. Default: empty. */
  readonly payload?: Uint8Array | undefined;
}

const largest = { 7: 125n, 16: 0xffffn, 64: 0xffff_ffff_ffff_ffffn } as const;
const none = /* @__PURE__ */ new Uint8Array(0);

/**
 * Encodes a frame from its fields (RFC 6455 section 5.2), also one that breaks the rules: a reserved
 * opcode, a payload length in a longer form than it needs or one that is not the payload's.
 *
 * @returns New bytes: the header, and the payload, masked if there is a key.
 * @throws RangeError if a field does not fit into its bits.
 * @throws TypeError if the form of the payload length is not 7, 16 or 64.
 *
 * @example
 * encodeFrameFields({ opcode: 0x9, fin: false, lengthBits: 16 }); // 09 7e 00 00
 */
export function encodeFrameFields(fields: FrameFields): Uint8Array {
  const { fin = true, rsv1 = false, rsv2 = false, rsv3 = false, opcode } = fields;
  const { maskingKey, payload = none } = fields;
  if (!Number.isInteger(opcode) || opcode < 0 || opcode > 15) {
    const message = `opcode must be an integer from 0 to 15, got ${shownValue(opcode)}`;
    throw rangeError("WS_ERR_INVALID_ARGUMENT", message);
  }
  const length = declaredLength(fields.payloadLength ?? payload.length);
  const lengthBits = fields.lengthBits ?? (length <= 125n ? 7 : length <= 0xffffn ? 16 : 64);
  const most = largest[lengthBits];
  if (most === undefined) {
    const message = `lengthBits must be 7, 16 or 64, got ${shownValue(lengthBits)}`;
    throw typeError("WS_ERR_INVALID_ARGUMENT", message);
  }
  if (length < 0n || length > most) {
    const message = `payloadLength must be 0 to ${most} in ${lengthBits} bits, got ${length}`;
    throw rangeError("WS_ERR_INVALID_ARGUMENT", message);
  }
  const header = [
    (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | (rsv2 ? 0x20 : 0) | (rsv3 ? 0x10 : 0) | opcode,
    (maskingKey === undefined ? 0 : 0x80) |
      (lengthBits === 7 ? Number(length) : lengthBits === 16 ? 126 : 127),
  ];
  if (lengthBits !== 7) {
    for (let shift = lengthBits - 8; shift >= 0; shift -= 8) {
      header.push(Number((length >> BigInt(shift)) & 0xffn));
    }
  }
  if (maskingKey !== undefined) {
    for (const shift of [24, 16, 8, 0]) header.push((maskingKey >>> shift) & 0xff);
  }
  const frame = new Uint8Array(header.length + payload.length);
  frame.set(header);
  if (maskingKey === undefined) frame.set(payload, header.length);
  else maskInto(frame, header.length, payload, 0, payload.length, maskingKey, 0);
  return frame;
}

function declaredLength(length: bigint | number): bigint {
  if (typeof length === "bigint") return length;
  if (Number.isSafeInteger(length)) return BigInt(length);
  const message = `payloadLength must be an integer, got ${shownValue(length)}`;
  throw rangeError("WS_ERR_INVALID_ARGUMENT", message);
}
