/** Longest message that the subjects of the table take, in bytes. */
export const maxMessageSize = 1_048_576;

/** Most frames in one message that the subjects of the table take. */
export const maxFragments = 20_000;

/** What the subjects of the table are told on their command lines. */
export const limitFlags: readonly string[] = [
  "--max-message-size",
  String(maxMessageSize),
  "--max-fragments",
  String(maxFragments),
];
