import type {
  Fault,
  InspectedFrame,
  InspectedHandshake,
  InspectedMessage,
} from "@framewright/codec/inspect";
import type { Colours } from "../terminal/colours.ts";
import { escapeText } from "../terminal/escape.ts";

const opcodeNames: Readonly<Record<number, string>> = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};

/** Number of bytes of a message that are shown in hex. */
const maxBytes = 64;

export function opcodeName(opcode: number): string {
  return opcodeNames[opcode] ?? "reserved";
}

/** One line about a frame, such as `text, FIN, masked, 5 bytes`. */
export function describeFrame(frame: InspectedFrame): string {
  const words = [
    frame.isHeaderComplete || frame.header.length > 0 ? opcodeName(frame.opcode) : "frame",
    frame.fin ? "FIN" : "",
    frame.rsv1 ? "RSV1" : "",
    frame.rsv2 ? "RSV2" : "",
    frame.rsv3 ? "RSV3" : "",
    frame.masked ? "masked" : "",
    `${frame.payloadLength} bytes`,
    frame.message?.isCompressed ? "compressed" : "",
  ];
  return words.filter((word) => word !== "").join(", ");
}

/**
 * Lines about what a frame carries: a status code, or the message that it completes.
 *
 * @param maxText - How many characters of a text are shown at most.
 */
export function describeContent(
  frame: InspectedFrame,
  colours: Colours,
  maxText: number,
): string[] {
  const { close, completed, opcode, unmasked } = frame;
  if (close !== undefined) {
    const reason = close.reason === "" ? "" : ` ${quoted(close.reason, maxText)}`;
    return [`  status code ${close.statusCode}${reason}`];
  }
  if (completed !== undefined) return describeMessage(completed, colours, maxText);
  if ((opcode === 9 || opcode === 10) && unmasked.length > 0)
    return [`  payload ${hexOf(unmasked)}`];
  return [];
}

function describeMessage(message: InspectedMessage, colours: Colours, maxText: number): string[] {
  const { index, opcode, frameCount, isCompressed, receivedLength, length, payload } = message;
  const frames = frameCount === 1 ? "" : ` in ${frameCount} frames`;
  const inflated = isCompressed ? `, inflated from ${receivedLength}` : "";
  if (payload === undefined) return [`  message ${index}${frames}: compressed, not inflated`];
  const content = message.text === undefined ? hexOf(payload) : quoted(message.text, maxText);
  const head = `  message ${index}${frames}: ${opcodeName(opcode)}, ${length} bytes${inflated}`;
  return [`${head} ${colours.bold(content)}`];
}

/** One line about a fault, with the section of the rule. */
export function describeFault({ code, rfc, section, message }: Fault, colours: Colours): string {
  return colours.red(`  ! ${escapeText(message)} (RFC ${rfc} section ${section}, ${code})`);
}

/** Lines about an opening handshake. */
export function describeHandshake(handshake: InspectedHandshake, colours: Colours): string[] {
  const { startLine, headers, faults } = handshake;
  return [
    `  ${colours.bold(escapeText(startLine))}`,
    ...headers.map(([name, value]) => `  ${colours.cyan(name)}: ${escapeText(value)}`),
    ...faults.map((fault) => describeFault(fault, colours)),
  ];
}

function quoted(text: string, maxText: number): string {
  const rest = text.length - maxText;
  const shown = `"${escapeText(text.slice(0, maxText))}"`;
  return rest > 0 ? `${shown} and ${rest} more characters` : shown;
}

function hexOf(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, maxBytes)].map((byte) => byte.toString(16).padStart(2, "0"));
  const rest = bytes.length - maxBytes;
  return `${shown.join(" ")}${rest > 0 ? ` and ${rest} more bytes` : ""}`;
}

/** A frame as a value for JSON. Bytes are hex, those of a message base64. */
export function frameValue(frame: InspectedFrame): object {
  const { completed, close, message, faults } = frame;
  return {
    ...{ index: frame.index, offset: frame.offset, opcode: frame.opcode },
    ...{ name: opcodeName(frame.opcode), fin: frame.fin },
    ...{ rsv1: frame.rsv1, rsv2: frame.rsv2, rsv3: frame.rsv3, masked: frame.masked },
    ...{ payloadLength: String(frame.payloadLength), receivedLength: frame.receivedLength },
    header: Buffer.from(frame.header).toString("hex"),
    payload: Buffer.from(frame.unmasked).toString("hex"),
    ...(close === undefined ? {} : { close }),
    ...(message === undefined ? {} : { message }),
    ...(completed === undefined ? {} : { completed: completedValue(completed) }),
    faults,
  };
}

function completedValue({ payload, ...message }: InspectedMessage): object {
  const data = payload === undefined ? undefined : Buffer.from(payload).toString("base64");
  return { ...message, data };
}
