import type { ProtocolErrorCode } from "../../src/errors.ts";

/** The state of a receiver when the first two bytes of a frame arrive. */
export interface ReceiverSituation {
  role: "client" | "server";
  inMessage: boolean;
  rsv1Negotiated: boolean;
}

type Rule = (bits: string, situation: ReceiverSituation) => boolean;

const continuation = "0000";
const data = ["0001", "0010"];
const control = ["1000", "1001", "1010"];

const opcode = (bits: string) => bits.slice(4, 8);
const maskBit = (bits: string) => bits[8];
const length7 = (bits: string) => Number.parseInt(bits.slice(9), 2);

/** Each rule that the first two bytes can break, in the RFC's words. */
const broken: Record<string, Rule> = {
  // 5.2: RSV1-3 "MUST be 0 unless an extension is negotiated that defines meanings for non-zero
  // values".
  // RFC 7692 section 6: the bit is set on the first frame of a message, and on no other.
  WS_ERR_UNEXPECTED_RSV_1: (bits, { rsv1Negotiated }) =>
    bits[1] === "1" && !(rsv1Negotiated && data.includes(opcode(bits))),
  WS_ERR_UNEXPECTED_RSV_2_3: (bits) => bits[2] === "1" || bits[3] === "1",
  // 5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket
  // Connection_."
  // 5.4: fragments of one message must not be interleaved with those of another.
  WS_ERR_INVALID_OPCODE: (bits, { inMessage }) =>
    ![continuation, ...data, ...control].includes(opcode(bits)) ||
    (opcode(bits) === continuation && !inMessage) ||
    (data.includes(opcode(bits)) && inMessage),
  // 5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be
  // fragmented."
  WS_ERR_EXPECTED_FIN: (bits) => control.includes(opcode(bits)) && bits[0] === "0",
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: (bits) =>
    control.includes(opcode(bits)) && length7(bits) > 125,
  // 5.1: "The server MUST close the connection upon receiving a frame that is not masked."
  WS_ERR_EXPECTED_MASK: (bits, { role }) => role === "server" && maskBit(bits) === "0",
  // 5.1: "A client MUST close a connection if it detects a masked frame."
  WS_ERR_UNEXPECTED_MASK: (bits, { role }) => role === "client" && maskBit(bits) === "1",
} satisfies Partial<Record<ProtocolErrorCode, Rule>>;

/** Lists the codes of all rules that a frame's first two bytes break. */
export function brokenRules(byte0: number, byte1: number, situation: ReceiverSituation): string[] {
  const bits = (byte0 * 256 + byte1).toString(2).padStart(16, "0");
  return Object.keys(broken).filter((code) => broken[code](bits, situation));
}

/** All states that a receiver can be in. */
export const situations: ReceiverSituation[] = (["client", "server"] as const).flatMap((role) =>
  [false, true].flatMap((inMessage) =>
    [false, true].map((rsv1Negotiated) => ({ role, inMessage, rsv1Negotiated })),
  ),
);

/**
 * Whether a status code may be in a Close frame: those of section 7.4.1 and of the IANA registry of
 * section 11.7, and the two ranges of section 7.4.2.
 */
export function mayStandInClose(statusCode: number): boolean {
  const registered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  const thousands = Math.floor(statusCode / 1000);
  return registered.includes(statusCode) || thousands === 3 || thousands === 4;
}
