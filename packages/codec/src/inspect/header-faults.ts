import { maxControlPayloadLength, type Role } from "../frame/rules.ts";
import { isControl, Opcode } from "../opcode.ts";
import { type Fault, faultOf, rules } from "./fault.ts";
import type { HeaderValues } from "./header-layout.ts";

/** What a frame's header is judged by. */
export interface HeaderSituation {
  /** The receiver's role. */
  readonly role: Role;
  /** Whether a fragmented message is in progress. */
  readonly inMessage: boolean;
  /** Whether permessage-deflate was negotiated. */
  readonly rsv1Negotiated: boolean;
}

const noDeflateHint = "permessage-deflate was not negotiated, or its handshake was not captured";

/**
 * Lists all faults of a frame's header, in the order in which a strict endpoint checks them.
 *
 * @param offset - Of the frame, from the start of the stream.
 * @param receivedLength - How many bytes of the header were received. Without the second byte
 *   nothing is judged, and without the whole header not the extended payload length.
 * @param isComplete - Whether all bytes of the header were received.
 */
export function headerFaults(
  header: HeaderValues,
  situation: HeaderSituation,
  offset: number,
  receivedLength: number,
  isComplete: boolean,
): Fault[] {
  if (receivedLength < 2) return [];
  const faults = [
    ...rsvFaults(header, situation, offset),
    ...opcodeFaults(header, situation, offset),
    ...controlFaults(header, offset),
  ];
  const { role } = situation;
  if (role === "server" && !header.masked)
    faults.push(faultOf(rules.notMasked, "mask", offset + 1));
  if (role === "client" && header.masked) faults.push(faultOf(rules.masked, "mask", offset + 1));
  if (isComplete) faults.push(...lengthFaults(header, offset));
  return faults;
}

function rsvFaults(header: HeaderValues, situation: HeaderSituation, offset: number): Fault[] {
  const faults: Fault[] = [];
  if (header.rsv2) faults.push(faultOf(rules.rsv2, "rsv2", offset));
  if (header.rsv3) faults.push(faultOf(rules.rsv3, "rsv3", offset));
  const isMessageStart = header.opcode === Opcode.Text || header.opcode === Opcode.Binary;
  if (header.rsv1 && !situation.rsv1Negotiated) {
    faults.push(faultOf(rules.rsv1, "rsv1", offset, isMessageStart ? noDeflateHint : ""));
  } else if (header.rsv1 && !isMessageStart) {
    faults.push(faultOf(rules.rsv1NotFirst, "rsv1", offset));
  }
  return faults;
}

function opcodeFaults(
  { opcode }: HeaderValues,
  { inMessage }: HeaderSituation,
  offset: number,
): Fault[] {
  const isData = opcode <= Opcode.Binary;
  const isReserved = !isData && (opcode < Opcode.Close || opcode > Opcode.Pong);
  if (isReserved) return [faultOf(rules.reservedOpcode, "opcode", offset)];
  if (!isData || (opcode === Opcode.Continuation) === inMessage) return [];
  return [faultOf(inMessage ? rules.inMessage : rules.noMessage, "opcode", offset)];
}

function controlFaults({ opcode, fin, ...header }: HeaderValues, offset: number): Fault[] {
  // Of a reserved opcode, only that it is reserved is reported.
  if (!isControl(opcode) || opcode > Opcode.Pong) return [];
  const faults: Fault[] = [];
  if (!fin) faults.push(faultOf(rules.fragmentedControl, "fin", offset));
  // Both longer forms are faults for a control frame, whatever length they declare.
  if (header.lengthBits !== 7) {
    const hint = `${maxControlPayloadLength} is the longest that the 7-bit form declares`;
    faults.push(faultOf(rules.longControl, "payloadLength", offset + 1, hint));
  }
  return faults;
}

function lengthFaults(header: HeaderValues, offset: number): Fault[] {
  const field = "extendedPayloadLength";
  if (!header.isShortestLength) {
    return [faultOf(rules.notShortest, field, offset + 2, `${header.payloadLength}`)];
  }
  const hasHighBit = header.payloadLength >> 63n !== 0n;
  return hasHighBit ? [faultOf(rules.highBit, field, offset + 2)] : [];
}
