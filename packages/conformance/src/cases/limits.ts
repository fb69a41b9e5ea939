/** Maximum message size of the table's subjects in bytes. */
export const maxMessageSize = 1_048_576;

/** Maximum number of fragments per message of the table's subjects. */
export const maxFragments = 20_000;

/** Command-line flags of the table's subjects. */
export const limitFlags: readonly string[] = [
  "--max-message-size",
  String(maxMessageSize),
  "--max-fragments",
  String(maxFragments),
];
