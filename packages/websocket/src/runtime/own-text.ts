/**
 * Returns an equal string that keeps no other one in memory. In V8, a part of a long string refers
 * to all of it. The time is proportional to the length.
 */
export function ownText(text: string): string {
  return [...text].join("");
}
