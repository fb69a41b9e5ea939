/** What happens on a connection through the proxy. */
export const FeedKind = { Opened: 0, Client: 1, Server: 2, Ended: 3 } as const;
export type FeedKind = (typeof FeedKind)[keyof typeof FeedKind];

/**
 * Encodes one message of the feed: its kind, the connection's number in four bytes, and the name of
 * the connection or the bytes that an endpoint sent.
 *
 * @param bytes - Borrowed, not modified.
 */
export function encodeFeed(kind: FeedKind, id: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(5 + bytes.length);
  message[0] = kind;
  new DataView(message.buffer).setUint32(1, id);
  message.set(bytes, 5);
  return message;
}
