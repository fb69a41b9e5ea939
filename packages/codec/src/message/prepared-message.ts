import { checkAttached } from "../bytes/bytes.ts";
import type { Deflator } from "../deflate/compressor.ts";
import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { encodeTextFrame, maxTextFrameLength, writeFrame } from "../frame/encoder.ts";
import { FrameBit, frameHeaderLength } from "../frame/header.ts";
import { Opcode } from "../opcode.ts";

/**
 * A message that is encoded once for any number of connections. A server's frames are not masked,
 * so all of its clients receive the same bytes (RFC 6455 section 5.1).
 */
export class PreparedMessage {
  /** The finished frame. Do not modify it: it may wait in any number of queues. */
  readonly frame: Uint8Array;
  /** The message, which a client encodes for each frame, because each has its own masking key. */
  readonly data: string | Uint8Array;
  /** Compressed frames by shared deflator; undefined if the compressed frame is not shorter. */
  private compressed: Map<Deflator, Uint8Array | undefined> | undefined = undefined;

  /** Use `prepareMessage`. */
  constructor(frame: Uint8Array, data: string | Uint8Array) {
    this.frame = frame;
    this.data = data;
  }

  /**
   * Returns the finished frame for a server's connection.
   *
   * @param deflate - The connection's permessage-deflate, if any.
   * @returns undefined if the connection uses context takeover: no other connection has its frame.
   */
  frameFor(deflate: PerMessageDeflate | undefined): Uint8Array | undefined {
    if (deflate === undefined) return this.frame;
    if (deflate.keepsWindow) return undefined;
    const deflator = deflate.sharedDeflator;
    if (deflator === undefined) return this.frame;
    this.compressed ??= new Map();
    if (!this.compressed.has(deflator)) this.compressed.set(deflator, this.compress(deflate));
    return this.compressed.get(deflator) ?? this.frame;
  }

  private compress(deflate: PerMessageDeflate): Uint8Array | undefined {
    const { frame } = this;
    const start = frame[1] < 126 ? 2 : frame[1] === 126 ? 4 : 10;
    const payload = deflate.compress(frame, start, frame.length);
    if (payload === undefined) return undefined;
    const compressed = new Uint8Array(
      frameHeaderLength(payload.length, undefined) + payload.length,
    );
    writeFrame(compressed, 0, FrameBit.Rsv1 | frame[0], payload, undefined);
    return compressed;
  }
}

/**
 * Encodes a message for `Connection.sendPrepared`.
 *
 * @param data - A string is sent as text, bytes as binary. Copied.
 * @throws TypeError if the memory of the bytes was transferred.
 *
 * @example
 * const message = prepareMessage("to all");
 * for (const connection of connections) connection.sendPrepared(message);
 */
export function prepareMessage(data: string | Uint8Array): PreparedMessage {
  if (typeof data === "string") {
    const buffer = new Uint8Array(maxTextFrameLength(data));
    const end = encodeTextFrame(buffer, 0, data, undefined);
    return new PreparedMessage(buffer.slice(0, end), data);
  }
  if (data.length === 0) checkAttached(data);
  const { length } = data;
  const header = frameHeaderLength(length, undefined);
  const frame = new Uint8Array(header + length);
  writeFrame(frame, 0, FrameBit.Fin | Opcode.Binary, data, undefined, length);
  return new PreparedMessage(frame, frame.subarray(header));
}
