import type { TextCoding } from "../utf8.ts";
import type { MemoryOptions } from "./message-memory.ts";

/** How messages are decoded and stored. The fastest choice differs between runtimes. */
export interface MessageOptions extends MemoryOptions {
  /** Encodes and decodes text. Default: `TextEncoder` and `TextDecoder`. */
  text?: TextCoding;
  /**
   * Messages of more than this many bytes are delivered in parts as they arrive; see
   * `ConnectionEvent.MessagePart`. Default: never.
   */
  streamFrom?: number | undefined;
}
