import {
  applyMask,
  FrameHeader,
  maxFrameHeaderLength,
  readFrameHeader,
} from "@framewright/codec/frame";

/** Maximum number of payload bytes kept for display. */
export const mostKept = 1_024;

/** A frame as it was on the wire. */
export interface WireFrame {
  readonly header: FrameHeader;
  /** 2 to 14 bytes. */
  readonly headerBytes: Uint8Array;
  /** The payload's first bytes as received: still masked if the frame is. */
  readonly payloadOnWire: Uint8Array;
  /** The same bytes, unmasked. */
  readonly payload: Uint8Array;
}

/** Splits the bytes of one direction into frames, wherever their chunks are cut. */
export class FrameStream {
  private readonly stash = new Uint8Array(maxFrameHeaderLength);
  private stashed = 0;
  /** The frame whose payload is being read. */
  private header: FrameHeader | undefined = undefined;
  private kept: Uint8Array[] = [];
  private keptLength = 0;
  private remaining = 0;

  /**
   * @param bytes - Borrowed, not modified.
   * @returns The frames that these bytes complete.
   */
  push(bytes: Uint8Array): WireFrame[] {
    const frames: WireFrame[] = [];
    let position = 0;
    while (position < bytes.length || (this.header !== undefined && this.remaining === 0)) {
      if (this.header === undefined) {
        position = this.readHeader(bytes, position);
        continue;
      }
      position = this.readPayload(bytes, position);
      if (this.remaining === 0) frames.push(this.finish(this.header));
    }
    return frames;
  }

  /** Reads byte by byte, because a header may be split anywhere. */
  private readHeader(bytes: Uint8Array, start: number): number {
    const header = new FrameHeader();
    for (let position = start; position < bytes.length; ) {
      this.stash[this.stashed++] = bytes[position++];
      if (readFrameHeader(this.stash, 0, this.stashed, header) === 0) continue;
      this.header = header;
      this.remaining = header.payloadLength;
      return position;
    }
    return bytes.length;
  }

  private readPayload(bytes: Uint8Array, start: number): number {
    const end = Math.min(bytes.length, start + this.remaining);
    const piece = bytes.slice(start, Math.min(end, start + mostKept - this.keptLength));
    this.kept.push(piece);
    this.keptLength += piece.length;
    this.remaining -= end - start;
    return end;
  }

  private finish(header: FrameHeader): WireFrame {
    const payloadOnWire = new Uint8Array(this.keptLength);
    let offset = 0;
    for (const piece of this.kept) {
      payloadOnWire.set(piece, offset);
      offset += piece.length;
    }
    const payload = payloadOnWire.slice();
    if (header.masked) applyMask(payload, 0, payload.length, header.maskingKey, 0);
    const headerBytes = this.stash.slice(0, this.stashed);
    this.stashed = 0;
    this.header = undefined;
    this.kept = [];
    this.keptLength = 0;
    return { header, headerBytes, payloadOnWire, payload };
  }
}

/** Returns the length of a frame in bytes, header included. */
export function frameLength({ header, headerBytes }: WireFrame): number {
  return headerBytes.length + header.payloadLength;
}
