import { ReferenceInflator } from "./inflate.ts";

/** A sent frame. A compressed payload is inflated with node:zlib's public interface. */
export interface SentFrame {
  readonly opcode: number;
  readonly rsv1: boolean;
  readonly masked: boolean;
  readonly data: Uint8Array;
}

/** Reads frames of whole messages. The bit reader would be too slow for long ones. */
export class SentFrameReader {
  private readonly inflator: ReferenceInflator;

  constructor(keepsWindow: boolean) {
    this.inflator = new ReferenceInflator(keepsWindow);
  }

  read(wire: Uint8Array): SentFrame[] {
    const frames: SentFrame[] = [];
    const view = new DataView(wire.buffer, wire.byteOffset, wire.length);
    for (let at = 0; at < wire.length; ) {
      const [first, second] = [wire[at], wire[at + 1]];
      at += 2;
      let length = second & 0x7f;
      if (length === 126) length = view.getUint16(at);
      if (length === 127) length = Number(view.getBigUint64(at));
      at += (second & 0x7f) === 126 ? 2 : (second & 0x7f) === 127 ? 8 : 0;
      const masked = (second & 0x80) !== 0;
      const key = masked ? wire.slice(at, at + 4) : new Uint8Array(4);
      at += masked ? 4 : 0;
      const payload = wire.slice(at, at + length);
      at += length;
      if (payload.length !== length || (first & 0x80) === 0) throw new Error("a frame is cut");
      for (let i = 0; masked && i < length; i++) payload[i] ^= key[i & 3];
      const rsv1 = (first & 0x40) !== 0;
      const data = rsv1 ? this.inflator.inflate(payload, 2 ** 28) : payload;
      if (data === undefined) throw new Error("a message cannot be inflated");
      frames.push({ opcode: first & 0x0f, rsv1, masked, data });
    }
    return frames;
  }
}
