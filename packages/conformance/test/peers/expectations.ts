/** The report of a conversation in which every message was echoed unchanged. */
export const everythingCame = {
  text: true,
  binary: true,
  "empty text": true,
  "empty binary": true,
  "1 MiB of text": true,
  "1 MiB of binary": true,
  "a burst of 1,000": true,
};
