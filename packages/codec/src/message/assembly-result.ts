/** What became of a message when some of its bytes were taken. */
export const AssemblyResult = {
  /** The message is not complete. */
  Partial: 0,
  /** The message is complete: see `message`. */
  Complete: 1,
  /** The message is text and not valid UTF-8. */
  InvalidText: 2,
  /** The payload of the compressed message is not DEFLATE data. */
  InvalidDeflateData: 3,
  /** The decompressed message exceeds the maximum message size, or a text the longest string. */
  TooLong: 4,
  /** The memory for incomplete messages is used up; see `ReceiveMemory`. */
  NoMemory: 5,
  /** All frames of the message were received, but it is not fully decompressed: call `inflate`. */
  Inflating: 6,
  /** A part of a long message: see `message` and `parts`. */
  Part: 7,
} as const;
export type AssemblyResult = (typeof AssemblyResult)[keyof typeof AssemblyResult];

/** Why a message fails. */
export type AssemblyFault = Exclude<
  AssemblyResult,
  | typeof AssemblyResult.Partial
  | typeof AssemblyResult.Complete
  | typeof AssemblyResult.Inflating
  | typeof AssemblyResult.Part
>;
