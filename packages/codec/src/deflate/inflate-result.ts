/** What `PerMessageDeflate.next` returns instead of a length. */
export const InflateResult = {
  /** The data is not DEFLATE (RFC 1951). */
  Invalid: -1,
  /** The message is longer than the maximum message size. */
  TooLong: -2,
} as const;
export type InflateResult = (typeof InflateResult)[keyof typeof InflateResult];
