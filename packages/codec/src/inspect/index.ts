/**
 * A lenient mode for debuggers: inspects frames, legal or not, reports all faults with the section
 * that they break, and goes on. It encodes frames from fields as well, legal or not.
 *
 * @module
 */
export { ConnectionInspector, type Sender } from "./connection-inspector.ts";
export { encodeFrameFields, type FrameFields } from "./encode-fields.ts";
export type { Fault, FaultCode, FaultField, InspectorFaultCode } from "./fault.ts";
export { FrameInspector, type InspectorOptions } from "./frame-inspector.ts";
export type { InspectedHandshake } from "./handshake-reading.ts";
export {
  type HeaderField,
  type HeaderFieldName,
  type HeaderValues,
  headerFields,
} from "./header-layout.ts";
export { inspectFrames } from "./inspect-frames.ts";
export type { InspectedDeflate, OpenInflator } from "./message-inflation.ts";
export type { FrameMessage, InspectedMessage } from "./message-tracker.ts";
export type { InspectedFrame } from "./open-frame.ts";
