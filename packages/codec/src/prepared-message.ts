import { encodeFrame, encodeTextFrame, maxTextFrameLength } from "./frame/encoder.ts";
import { frameHeaderLength } from "./frame/header.ts";
import { Opcode } from "./opcode.ts";

/**
 * A message that has been encoded once, for any number of connections: a server's frames are not
 * masked, and so are the same for all of its clients (RFC 6455 section 5.1).
 */
export class PreparedMessage {
  /** The finished frame. Not to be modified: it may wait in any number of queues. */
  readonly frame: Uint8Array;
  /** What a client encodes anew, because each of its frames has a masking key of its own. */
  readonly data: string | Uint8Array;

  /** For `prepareMessage`. */
  constructor(frame: Uint8Array, data: string | Uint8Array) {
    this.frame = frame;
    this.data = data;
  }
}

/**
 * Encodes a message for `Connection.sendPrepared`.
 *
 * @param data - A string goes as text, bytes as binary. Copied.
 *
 * @example
 * const message = prepareMessage("to all");
 * for (const connection of connections) connection.sendPrepared(message);
 */
export function prepareMessage(data: string | Uint8Array): PreparedMessage {
  if (typeof data === "string") {
    const room = new Uint8Array(maxTextFrameLength(data));
    const end = encodeTextFrame(room, 0, true, false, Opcode.Text, data, undefined);
    return new PreparedMessage(room.slice(0, end), data);
  }
  const header = frameHeaderLength(data.length, false);
  const frame = new Uint8Array(header + data.length);
  encodeFrame(frame, 0, true, false, Opcode.Binary, data, undefined);
  return new PreparedMessage(frame, frame.subarray(header));
}
