import { runnerOptions } from "../instrument/child.ts";

export interface CompressorOptions {
  readonly direction: "compress" | "decompress";
  readonly contextTakeover: boolean;
  /** Approximate length of a message in bytes. */
  readonly size: number;
  readonly compressor: "handle" | "at once" | "ws" | "Bun zlib" | "libdeflate";
  readonly level: number;
}

export const options = runnerOptions<CompressorOptions>();
