import type { HandshakeErrorCode, ProtocolErrorCode } from "../errors.ts";
import type { HeaderFieldName } from "./header-layout.ts";

/** Stable code of a fault that only an inspector reports: a strict endpoint ignores it. */
export type InspectorFaultCode =
  | "WS_ERR_FRAME_AFTER_CLOSE"
  | "WS_ERR_FRAME_INCOMPLETE"
  | "WS_ERR_MESSAGE_INCOMPLETE";

/** Stable code of a fault: that of the error with which a strict endpoint fails, if it does. */
export type FaultCode = ProtocolErrorCode | HandshakeErrorCode | InspectorFaultCode;

/** The part of a frame that a fault concerns. `frame` is all of it. */
export type FaultField =
  | HeaderFieldName
  | "payload"
  | "statusCode"
  | "reason"
  | "frame"
  | "handshake";

/** A breach of RFC 6455 or RFC 7692 in the inspected bytes. */
export interface Fault {
  readonly code: FaultCode;
  /** The RFC whose rule is broken. */
  readonly rfc: 6455 | 7692;
  /** The section of the rule, such as "5.2". */
  readonly section: string;
  /** What is wrong and what the rule is, in a sentence without a full stop. */
  readonly message: string;
  readonly field: FaultField;
  /** Index of the first byte of what is wrong, counted from the start of the stream. */
  readonly offset: number;
}

/** The rule that a fault breaks: its code, where it stands, and what it says. */
type Rule = readonly [code: FaultCode, rfc: 6455 | 7692, section: string, message: string];

/** The rules of both RFCs that an inspector checks, in the RFCs' own terms. */
export const rules = {
  rsv1: [
    "WS_ERR_UNEXPECTED_RSV_1",
    6455,
    "5.2",
    "RSV1 is set, but no negotiated extension gives it a meaning",
  ],
  rsv1NotFirst: [
    "WS_ERR_UNEXPECTED_RSV_1",
    7692,
    "6",
    "RSV1 is set, but it marks only the first frame of a compressed message",
  ],
  rsv2: [
    "WS_ERR_UNEXPECTED_RSV_2_3",
    6455,
    "5.2",
    "RSV2 is set, but no extension gives it a meaning",
  ],
  rsv3: [
    "WS_ERR_UNEXPECTED_RSV_2_3",
    6455,
    "5.2",
    "RSV3 is set, but no extension gives it a meaning",
  ],
  reservedOpcode: ["WS_ERR_INVALID_OPCODE", 6455, "5.2", "the opcode is reserved"],
  noMessage: [
    "WS_ERR_INVALID_OPCODE",
    6455,
    "5.4",
    "the frame continues a message, but none is in progress",
  ],
  inMessage: [
    "WS_ERR_INVALID_OPCODE",
    6455,
    "5.4",
    "the frame starts a message, but the previous one is not complete",
  ],
  fragmentedControl: ["WS_ERR_EXPECTED_FIN", 6455, "5.5", "a control frame must not be fragmented"],
  longControl: [
    "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
    6455,
    "5.5",
    "a control frame's payload must not be longer than 125 bytes",
  ],
  notMasked: ["WS_ERR_EXPECTED_MASK", 6455, "5.1", "a client must mask all frames that it sends"],
  masked: [
    "WS_ERR_UNEXPECTED_MASK",
    6455,
    "5.1",
    "a server must not mask the frames that it sends",
  ],
  notShortest: [
    "WS_ERR_INVALID_PAYLOAD_LENGTH",
    6455,
    "5.2",
    "the payload length must have its shortest form",
  ],
  highBit: [
    "WS_ERR_INVALID_PAYLOAD_LENGTH",
    6455,
    "5.2",
    "the most significant bit of a 64-bit payload length must be 0",
  ],
  oneByteClose: [
    "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
    6455,
    "5.5.1",
    "a Close frame's payload starts with a status code of 2 bytes",
  ],
  closeCode: [
    "WS_ERR_INVALID_CLOSE_CODE",
    6455,
    "7.4",
    "the status code must not be in a Close frame",
  ],
  closeReason: ["WS_ERR_INVALID_UTF8", 6455, "5.5.1", "the reason is not valid UTF-8"],
  text: ["WS_ERR_INVALID_UTF8", 6455, "8.1", "the text is not valid UTF-8"],
  cutText: ["WS_ERR_INVALID_UTF8", 6455, "8.1", "the text ends within a character"],
  deflateData: [
    "WS_ERR_INVALID_DEFLATE_DATA",
    7692,
    "7.2.2",
    "the compressed message is not DEFLATE data",
  ],
  tooLong: [
    "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
    6455,
    "10.4",
    "the compressed message is longer than the inspector's option maxMessageLength",
  ],
  afterClose: [
    "WS_ERR_FRAME_AFTER_CLOSE",
    6455,
    "5.5.1",
    "no frame must be sent after a Close frame",
  ],
  incompleteFrame: ["WS_ERR_FRAME_INCOMPLETE", 6455, "5.2", "the bytes end within the frame"],
  incompleteMessage: [
    "WS_ERR_MESSAGE_INCOMPLETE",
    6455,
    "5.4",
    "the bytes end before the last frame of a message",
  ],
  incompleteHandshake: [
    "WS_ERR_HANDSHAKE_INCOMPLETE",
    6455,
    "4",
    "the bytes end within the opening handshake",
  ],
} as const satisfies Record<string, Rule>;

/** Makes the fault of a broken rule. `hint` is added to the message. */
export function faultOf(rule: Rule, field: FaultField, offset: number, hint = ""): Fault {
  const [code, rfc, section, message] = rule;
  return {
    code,
    rfc,
    section,
    message: hint === "" ? message : `${message}: ${hint}`,
    field,
    offset,
  };
}
