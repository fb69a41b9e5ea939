/**
 * Characters that a peer could drive or deceive a terminal with: C0 but tabs, DEL and C1 controls,
 * separators of lines, characters that change the direction of text (Unicode TR 9), and invisible
 * ones that carry text (tags, interlinear annotations, byte order marks).
 */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is searched for.
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r" };

/**
 * Replaces characters that a terminal would act on by escapes such as `\n` and `\u001b`, so that
 * text of a peer is one line and only text. Lone surrogates become U+FFFD. Tabs stay.
 */
export function escapeText(text: string): string {
  return text.toWellFormed().replace(unsafe, (found) => short[found] ?? escapeUnits(found));
}

/** `JSON.stringify`, with the same characters escaped. The result is JSON and one line. */
export function escapedJson(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, escapeUnits);
}

function escapeUnits(text: string): string {
  let escaped = "";
  for (let index = 0; index < text.length; index++) {
    escaped += `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
