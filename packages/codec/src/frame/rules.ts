import type { ProtocolErrorCode } from "../errors.ts";
import { isControl } from "../opcode.ts";
import type { FrameHeader } from "./header.ts";

/** Which endpoint of the connection this is. */
export type Role = "client" | "server";

/** Length of the longest control frame payload in bytes (RFC 6455 section 5.5). */
export const maxControlPayloadLength = 125;

// Bit n is set for opcode n: the control frames, and either Continuation or Text and Binary.
const opcodesInMessage = 0x0701;
const opcodesBetweenMessages = 0x0706;

/**
 * Checks the first two bytes of a received frame (RFC 6455 sections 5.1 to 5.5), so that an illegal
 * frame is rejected before the rest of its header arrives.
 *
 * @param byte0 - FIN, RSV1-3 and opcode.
 * @param byte1 - MASK and the 7-bit length.
 * @param role - The receiver's own role.
 * @param inMessage - Whether a fragmented message is in progress.
 * @param rsv1Negotiated - Whether an extension that uses RSV1 is in use.
 * @returns The fault's code, or undefined if there is none.
 *
 * @example
 * checkFrameStart(0x83, 0x80, "server", false, false); // "WS_ERR_INVALID_OPCODE"
 */
export function checkFrameStart(
  byte0: number,
  byte1: number,
  role: Role,
  inMessage: boolean,
  rsv1Negotiated: boolean,
): ProtocolErrorCode | undefined {
  const masked = (byte1 & 0x80) !== 0;
  // Most frames are unfragmented messages. This saves 5 ns for each of them.
  const isMessage = byte0 === 0x81 || byte0 === 0x82;
  if (isMessage && !inMessage && masked === (role === "server")) return undefined;

  const opcode = byte0 & 0x0f;
  if ((byte0 & 0x30) !== 0) return "WS_ERR_UNEXPECTED_RSV_2_3";
  // RFC 7692 section 6: RSV1 marks the first frame of a message.
  if ((byte0 & 0x40) !== 0 && !(rsv1Negotiated && (opcode === 1 || opcode === 2))) {
    return "WS_ERR_UNEXPECTED_RSV_1";
  }
  const allowed = inMessage ? opcodesInMessage : opcodesBetweenMessages;
  if (((allowed >> opcode) & 1) === 0) return "WS_ERR_INVALID_OPCODE";
  if (isControl(opcode)) {
    if ((byte0 & 0x80) === 0) return "WS_ERR_EXPECTED_FIN";
    if ((byte1 & 0x7f) > maxControlPayloadLength) return "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH";
  }
  if (role === "server" && !masked) return "WS_ERR_EXPECTED_MASK";
  if (role === "client" && masked) return "WS_ERR_UNEXPECTED_MASK";
  return undefined;
}

/**
 * Checks a received frame's payload length: it must have its shortest form and its most significant
 * bit must be 0 (RFC 6455 section 5.2).
 *
 * @param allowed - How many more bytes the message may have. Control frames are exempt.
 * @returns The fault's code, or undefined if there is none.
 */
export function checkPayloadLength(
  header: FrameHeader,
  allowed: number,
): ProtocolErrorCode | undefined {
  const { lengthBits, payloadLengthHigh: high, payloadLengthLow: low } = header;
  if (lengthBits === 16 && low < 126) return "WS_ERR_INVALID_PAYLOAD_LENGTH";
  if (lengthBits === 64 && (high > 0x7fff_ffff || (high === 0 && low < 0x1_0000))) {
    return "WS_ERR_INVALID_PAYLOAD_LENGTH";
  }
  if (!isControl(header.opcode) && header.payloadLength > allowed) {
    return "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
  }
  return undefined;
}
