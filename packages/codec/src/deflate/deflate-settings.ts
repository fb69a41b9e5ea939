import type { CompressorPool } from "./compressor-pool.ts";
import type { DeflatePreferences } from "./deflate-negotiation.ts";

/** How connections compress. All connections of a server share one object. */
export interface DeflateSettings extends DeflatePreferences {
  readonly pool: CompressorPool;
  /**
   * Messages of fewer bytes are sent uncompressed. undefined: 128 if this endpoint keeps a window
   * between messages, otherwise 1,024.
   */
  readonly threshold: number | undefined;
  /** Compression level, 1 (fastest) to 9 (smallest). */
  readonly level: number;
  /** How much memory a deflator uses besides the window, 1 to 9. */
  readonly memLevel: number;
  /** How many bytes all compressors of the pool may use, as estimated. */
  readonly maxMemory: number;
  /** Length of the longest received message in bytes after decompression. */
  readonly maxMessageSize: number;
  /** On a client: whether the server's response must respect the whole offer. Default false. */
  readonly strict?: boolean;
}
