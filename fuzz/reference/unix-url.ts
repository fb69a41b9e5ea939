/** What a `ws+unix:` URL means, or undefined if it is invalid. */
export interface ReferenceUnixUrl {
  /** As the operating system takes it. */
  readonly path: string;
  /** As it is written: the URL standard encodes it. */
  readonly target: string;
}

/** The longest path of a socket in bytes on Linux, without its final NUL. */
const maxPathLength = 107;

/**
 * Reads `ws+unix:PATH:TARGET?QUERY` character by character: the path ends at the first colon before
 * a question mark, and is percent-encoded.
 *
 * @param rest - What follows `ws+unix:`.
 */
export function readUnixUrl(rest: string): ReferenceUnixUrl | undefined {
  if ([...rest].some((character) => character < " " || character === "\x7f")) return undefined;
  let at = 0;
  if (rest.startsWith("//")) {
    at = 2;
    // The authority must be empty.
    if (at < rest.length && rest[at] !== "/" && rest[at] !== "?") return undefined;
  }
  let path = "";
  while (at < rest.length && rest[at] !== ":" && rest[at] !== "?") path += rest[at++];
  if (rest[at] === ":") at++;
  const target = rest.slice(at);
  if (target !== "" && target[0] !== "/" && target[0] !== "?") return undefined;
  const decoded = decode(path);
  if (decoded === undefined || !isPath(decoded)) return undefined;
  const isAbstract = decoded.startsWith("@");
  return {
    path: isAbstract ? `\0${decoded.slice(1)}` : decoded,
    target: target.startsWith("/") ? target : `/${target}`,
  };
}

function isPath(path: string): boolean {
  if (path === "" || path === "@" || path.includes("\0")) return false;
  if (path.endsWith("/") && !path.startsWith("@")) return false;
  return Buffer.byteLength(path) <= maxPathLength;
}

/** Decodes percent-encoded UTF-8 byte by byte. Returns undefined if it is malformed. */
export function decode(text: string): string | undefined {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "%") {
      const character = String.fromCodePoint(text.codePointAt(at) as number);
      bytes.push(...Buffer.from(character));
      at += character.length - 1;
      continue;
    }
    const digits = text.slice(at + 1, at + 3);
    if (
      digits.length < 2 ||
      ![...digits].every((digit) => "0123456789abcdef".includes(digit.toLowerCase()))
    ) {
      return undefined;
    }
    bytes.push(Number.parseInt(digits, 16));
    at += 2;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes),
    );
  } catch {
    return undefined;
  }
}
