import { type DecoderOptions, DecodeStep, FrameDecoder } from "../../src/frame/decoder.ts";
import { hex } from "../bytes.ts";

/** The result of decoding chunks: whole frames, and the fault after them, if any. */
export interface Decoded {
  frames: { fin: boolean; rsv1: boolean; opcode: number; payload: string }[];
  error: string | undefined;
}

export function decoderFor(
  role: "client" | "server",
  options: Partial<DecoderOptions> = {},
): FrameDecoder {
  return new FrameDecoder({
    role,
    maxMessageSize: 1 << 24,
    maxFragments: 1000,
    ...options,
  });
}

/** Pushes the chunks one after another and decodes each one before the next. */
export function decode(decoder: FrameDecoder, chunks: readonly Uint8Array[]): Decoded {
  const decoded: Decoded = { frames: [], error: undefined };
  let payload = "";
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let step = decoder.next(); step !== DecodeStep.NeedData; step = decoder.next()) {
      if (step === DecodeStep.Failed) return { ...decoded, error: decoder.error };
      decoder.unmask();
      payload += hex(decoder.buffer.subarray(decoder.start, decoder.end));
      if (step === DecodeStep.Payload) continue;
      const { fin, rsv1, opcode } = decoder.header;
      decoded.frames.push({ fin, rsv1, opcode, payload });
      payload = "";
    }
  }
  return decoded;
}
