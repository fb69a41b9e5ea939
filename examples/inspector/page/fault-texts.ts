import type { Fault, FaultCode } from "@framewright/codec/inspect";

const byRule: Readonly<Record<string, string>> = {
  "WS_ERR_INVALID_OPCODE 5.4":
    "The fragments of one message follow each other, with only control frames between them. Often two tasks write to one connection at the same time.",
  "WS_ERR_INVALID_OPCODE 5.2":
    "Opcodes 3 to 7 and 11 to 15 are kept for later versions. Often the bytes are not at the start of a frame: a length before this one was wrong.",
  "WS_ERR_UNEXPECTED_RSV_1 6":
    "Only the first frame of a compressed message has RSV1. Continuation and control frames never have it.",
  "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH 5.5.1":
    "The payload of a Close frame is empty, or starts with a status code of two bytes.",
  "WS_ERR_INVALID_UTF8 5.5.1": "A reason is text, so it is UTF-8 like all text of the protocol.",
};

const byCode: Partial<Record<FaultCode, string>> = {
  WS_ERR_UNEXPECTED_RSV_1:
    "With permessage-deflate, RSV1 marks a compressed message. If both endpoints agreed on it, choose a reading of compressed messages on this page.",
  WS_ERR_UNEXPECTED_RSV_2_3:
    "No registered extension uses this bit. Often the bytes are not at the start of a frame.",
  WS_ERR_EXPECTED_FIN:
    "Control frames may stand between the fragments of a message, so they cannot have fragments themselves.",
  WS_ERR_EXPECTED_MASK:
    "The key makes the bytes unpredictable, so that a page cannot make a client send an HTTP request through a careless proxy (section 10.3). The server closes the connection.",
  WS_ERR_UNEXPECTED_MASK:
    "Only clients mask. A masked frame of a server may be one that was sent back as it came.",
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH:
    "Control frames are small, so that an endpoint can answer them at once and without an allocation.",
  WS_ERR_INVALID_PAYLOAD_LENGTH:
    "There is one way to write each length: 7 bits up to 125, 16 up to 65,535, and 63 above. The rule leaves no room to hide data, nor for a negative length.",
  WS_ERR_INVALID_CLOSE_CODE:
    "1000 to 1003 and 1007 to 1014 are registered, 3000 to 4999 are free to use. 1005, 1006 and 1015 only report what happened, and are never sent.",
  WS_ERR_INVALID_UTF8:
    "The receiver fails the connection with 1007. Data that is no text belongs in a binary message.",
  WS_ERR_INVALID_DEFLATE_DATA:
    "If the sender keeps its window between messages, all messages since the start of the connection are needed: later ones refer to earlier ones.",
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH:
    "A limit of this page, not of the sender: decompressed, a few bytes can become gigabytes.",
  WS_ERR_FRAME_AFTER_CLOSE: "The receiver ignores what follows a Close frame.",
  WS_ERR_FRAME_INCOMPLETE:
    "Either more bytes were to come, or the length in the header is wrong and takes in the frames that follow.",
  WS_ERR_MESSAGE_INCOMPLETE: "A last frame with FIN set is missing.",
  WS_ERR_HANDSHAKE_INCOMPLETE: "The head of the request or response has no empty line at its end.",
};

/** Explains why a rule is there, or how it comes to be broken. */
export function explainFault({ code, section }: Fault): string {
  return byRule[`${code} ${section}`] ?? byCode[code] ?? "";
}

/** Where the rule stands. */
export function sectionUrl({ rfc, section }: Fault): string {
  return `https://www.rfc-editor.org/rfc/rfc${rfc}#section-${section}`;
}
