import { FrameInspector, type InspectorOptions } from "./frame-inspector.ts";
import type { InspectedFrame } from "./open-frame.ts";

/**
 * Inspects the frames of one direction of which all bytes are there; see `FrameInspector`.
 *
 * @param bytes - Borrowed until the last frame, not modified.
 * @returns The frames one by one, because a list of them can be a hundred times as long as `bytes`.
 * @throws RangeError, when the first frame is taken, if a limit is not an integer in its range.
 *
 * @example
 * for (const { opcode, faults } of inspectFrames(Uint8Array.of(0x83, 0x80)))
 *   console.log(opcode, faults[0].code); // 3 "WS_ERR_INVALID_OPCODE"
 */
export function* inspectFrames(
  bytes: Uint8Array,
  options: InspectorOptions = {},
): Generator<InspectedFrame> {
  const inspector = new FrameInspector(options);
  try {
    inspector.push(bytes);
    inspector.end();
    for (let frame = inspector.next(); frame !== undefined; frame = inspector.next()) yield frame;
  } finally {
    inspector.close();
  }
}
