import { Utf8Validator } from "../utf8.ts";

const globals = globalThis as unknown as {
  TextDecoder: new (
    label: string,
    options: { ignoreBOM: boolean },
  ) => { decode(bytes: Uint8Array): string };
};

/** Finds the first byte of a text, in pieces of any size, that is not valid UTF-8. */
export class TextCheck {
  /** Index in the text of the first byte that is not valid UTF-8; undefined if there is none. */
  invalidAt: number | undefined = undefined;
  /** How many bytes were pushed. */
  length = 0;
  private readonly validator = new Utf8Validator();

  /**
   * Takes the next piece.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns The index in `bytes` of the first invalid byte, if the piece contains it.
   */
  push(bytes: Uint8Array, start: number, end: number): number | undefined {
    const before = this.length - start;
    this.length += end - start;
    if (this.invalidAt !== undefined) return undefined;
    for (let i = start; i < end; i++) {
      // Most text is ASCII, and a call for each byte of it would cost ten times as much.
      if (bytes[i] < 0x80 && this.validator.complete) continue;
      if (this.validator.push(bytes, i, i + 1)) continue;
      this.invalidAt = before + i;
      return i;
    }
    return undefined;
  }

  /** Ends the text. Returns whether it ends within a character, which `invalidAt` then shows. */
  end(): boolean {
    if (this.invalidAt !== undefined || this.validator.complete) return false;
    this.invalidAt = this.length;
    return true;
  }
}

/** Decodes UTF-8, in which what is invalid or cut off shows as U+FFFD. Keeps a byte order mark. */
export function lenientText(bytes: Uint8Array): string {
  return new globals.TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
